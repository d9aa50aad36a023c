"""Every insight at size beside a peer in the same run that must find the same figures."""
