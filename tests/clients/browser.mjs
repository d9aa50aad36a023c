// Sends a thousand numbered events with one of the real browser clients.

const query = new URLSearchParams(location.search);
const address = query.get("address");
const key = query.get("key");
const numbers = Array.from({ length: 1000 }, (_, n) => n);

function load(source, attributes = {}) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: source, onload: resolve, onerror: reject });
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    document.head.append(script);
  });
}

const clients = {
  async "segment-browser"() {
    await load("node_modules/@segment/analytics-next/dist/umd/index.js");
    const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load(
      { writeKey: key, cdnURL: `http://${address}` },
      { integrations: { "Segment.io": { apiHost: `${address}/v1`, protocol: "http" } } },
    );
    for (const n of numbers) analytics.track("Client Tested", { n });
  },

  async "posthog-browser"() {
    const { default: posthog } = await import("./node_modules/posthog-js/dist/module.no-external.js");
    posthog.init(key, {
      api_host: `http://${address}`,
      autocapture: false,
      capture_pageview: false,
      disable_session_recording: true,
      opt_out_useragent_filter: true,
      rate_limiting: { events_per_second: 1000, events_burst_limit: 10000 },
    });
    for (const n of numbers) posthog.capture("Client Tested", { n });
  },

  async snippet() {
    await load(`http://${address}/suppilo.js`, { "data-key": key });
    for (const n of numbers) window.suppilo.track("Client Tested", { n });
  },
};

await clients[query.get("client")]();
window.sent = true;
