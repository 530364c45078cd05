// The event feed, read by a client of Server-Sent Events that knows nothing of this server.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import { EventSource } from "eventsource";
import type { components, paths } from "./api.js";

type LogEvent = components["schemas"]["Event"];

const [url = "", email = "", password = ""] = process.argv.slice(2);
const visitor = createClient<paths>({ baseUrl: url });
const signedIn = await visitor.POST("/v1/admin/sessions", { body: { email, password } });
assert.ok(signedIn.data !== undefined && "token" in signedIn.data);
const headers = { Authorization: `Bearer ${signedIn.data.token ?? ""}` };
const muster = createClient<paths>({ baseUrl: url, headers });

async function everything(): Promise<LogEvent[]> {
    const all: LogEvent[] = [];
    let cursor: string | null | undefined;
    do {
        const page = await muster.GET("/v1/events", {
            params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        });
        assert.ok(page.data !== undefined);
        all.push(...page.data.items);
        cursor = page.data.next;
    } while (cursor);
    return all;
}

// Follows until an event with the position that is promised has come, which may be before the promise is kept.
function follow(after: number, until: Promise<number>, onOpen = () => {}): Promise<LogEvent[]> {
    return new Promise((resolve, reject) => {
        const came: LogEvent[] = [];
        let last = Number.POSITIVE_INFINITY;
        const source = new EventSource(`${url}/v1/events/stream?after=${after}`, {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
        });
        const endAtLast = () => {
            if ((came.at(-1)?.position ?? 0) < last) return;
            source.close();
            resolve(came);
        };
        source.onopen = onOpen;
        source.onerror = (error) => reject(new Error(error.message ?? "the stream failed"));
        source.onmessage = (message) => {
            const event = JSON.parse(message.data as string) as LogEvent;
            assert.equal(message.lastEventId, String(event.position));
            came.push(event);
            endAtLast();
        };
        until.then((position) => {
            last = position;
            endAtLast();
        }, reject);
    });
}

async function rotateKey(): Promise<number> {
    const rotated = await muster.POST("/v1/log/key/rotation");
    assert.equal(rotated.response.status, 201);
    const position = Number(rotated.response.headers.get("Muster-Position"));
    assert.ok(position > 0);
    return position;
}

const before = await everything();
assert.ok(before.length > 20);
assert.deepEqual(
    before.map((event) => event.position),
    before.map((_, n) => n + 1),
);

// What there was, and then what happens while it is read.
let onOpen = () => {};
const opened = new Promise<void>((resolve) => (onOpen = resolve));
const last = opened.then(rotateKey);
const followed = await follow(0, last, () => onOpen());
const now = await everything();
assert.deepEqual(followed, now.slice(0, followed.length));
assert.ok(followed.length > before.length);

// From the middle.
const rest = await follow(before.length - 3, last);
assert.deepEqual(rest, now.slice(before.length - 3, before.length - 3 + rest.length));
console.log("The feed is the log.");
