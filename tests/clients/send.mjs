// Sends COUNT events with one of the real clients: node send.mjs CLIENT ADDRESS KEY COUNT
// Each event is called "Client Tested" and has a number, so that the test can tell them apart.

const [client, address, key, count] = process.argv.slice(2);
const host = `http://${address}`;
const numbers = Array.from({ length: Number(count) }, (_, n) => n);

const clients = {
  async "segment-node"() {
    const { Analytics } = await import("@segment/analytics-node");
    const analytics = new Analytics({ writeKey: key, host, flushAt: 50, maxRetries: 10 });
    for (const n of numbers) {
      analytics.track({ userId: `user-${n % 50}`, event: "Client Tested", properties: { n } });
    }
    await analytics.closeAndFlush({ timeout: 120_000 });
  },

  async "rudder-node"() {
    const { default: RudderAnalytics } = await import("@rudderstack/rudder-sdk-node");
    const analytics = new RudderAnalytics(key, { dataPlaneUrl: host, flushAt: 50, flushInterval: 500 });
    for (const n of numbers) {
      analytics.track({ userId: `user-${n % 50}`, event: "Client Tested", properties: { n } });
    }
    await analytics.flush();
  },

  async "posthog-node"() {
    await posthog({});
  },

  async "posthog-node-v1"() {
    process.env.POSTHOG_CAPTURE_MODE = "v1";
    await posthog({});
  },
};

async function posthog(options) {
  const { PostHog } = await import("posthog-node");
  const analytics = new PostHog(key, { host, flushAt: 50, fetchRetryCount: 8, fetchRetryDelay: 300, ...options });
  for (const n of numbers) {
    analytics.capture({ distinctId: `user-${n % 50}`, event: "Client Tested", properties: { n } });
  }
  // Nothing else keeps the process alive while it waits to try again.
  const alive = setInterval(() => {}, 1_000);
  await analytics.shutdown(120_000);
  clearInterval(alive);
}

await clients[client]();
