"""Search engines, social networks and mail programs by their names and hosts: a list of our own."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SEARCH_NAMES = _words("""
    google bing yahoo yandex baidu duckduckgo ecosia qwant startpage seznam naver daum sogou
    ask aol swisscows mojeek presearch rambler kagi dogpile metager petalsearch lilo ixquick
    gibiru alohafind mysearch sapo zapmeta exalead excite lycos webcrawler coccoc neeva ya
""")
"""What campaigns call search engines."""

SOCIAL_NAMES = _words("""
    facebook fb instagram linkedin lnkd twitter x tiktok pinterest reddit youtube youtu
    snapchat threads tumblr vk ok whatsapp telegram wechat weibo douyin quora mastodon bsky
    discord slack xing viber line kakao draugiem medium messenger meetup nextdoor twitch
    vimeo flickr
""")
"""What campaigns call social networks."""

MANY_ENDINGS = _words("""
    google bing yahoo yandex pinterest ask aol seznam
""")
"""Names that stand before many countries' endings, such as ``google.lv``."""

SEARCH_HOSTS = _words("""
    google.com bing.com search.yahoo.com yandex.ru yandex.com yandex.kz yandex.by ya.ru
    baidu.com duckduckgo.com ecosia.org qwant.com startpage.com seznam.cz naver.com daum.net
    sogou.com so.com ask.com search.aol.com search.brave.com swisscows.com mojeek.com
    presearch.com nova.rambler.ru kagi.com you.com dogpile.com metager.org metager.de
    petalsearch.com search.lilo.org go.mail.ru coccoc.com search.sapo.pt lycos.com
    com.google.android.googlequicksearchbox
""")
"""Search engines; apps that search by their package."""

SOCIAL_HOSTS = _words("""
    facebook.com fb.com fb.me instagram.com linkedin.com lnkd.in twitter.com x.com t.co
    tiktok.com pinterest.com pin.it reddit.com youtube.com youtu.be snapchat.com threads.net
    threads.com tumblr.com vk.com ok.ru whatsapp.com wa.me telegram.org t.me
    web.telegram.org wechat.com weibo.com weibo.cn douyin.com quora.com mastodon.social
    bsky.app discord.com slack.com xing.com viber.com line.me draugiem.lv medium.com
    messenger.com m.me meetup.com nextdoor.com twitch.tv vimeo.com flickr.com
    news.ycombinator.com org.telegram.messenger com.linkedin.android com.facebook.katana
    com.twitter.android com.instagram.android com.slack
""")
"""Social networks, messengers and their link shorteners."""

EMAIL_HOSTS = _words("""
    mail.google.com inbox.google.com outlook.live.com outlook.office.com
    outlook.office365.com mail.live.com mail.yahoo.com mail.aol.com mail.yandex.ru
    mail.yandex.com e.mail.ru mail.proton.me mail.protonmail.com mail.zoho.com mail.qq.com
    mail.163.com mail.126.com mail.naver.com app.fastmail.com icloud.com mail.gmx.net
    navigator.gmx.net mail.web.de navigator.web.de mail.inbox.lv inbox.lv freemail.hu
    com.google.android.gm com.microsoft.office.outlook
""")
"""Mail programs in the browser, and as apps."""
