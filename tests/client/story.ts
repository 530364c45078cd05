// The main story of the interface, told through a client that was generated from its description. Whatever the document
// says wrongly does not compile here, or fails.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Schemas = components["schemas"];
type Planned = Schemas["PlannedEvents"];

const [url = "", setupToken = ""] = process.argv.slice(2);
const password = "analytical engine";

const as = (token?: string) =>
    createClient<paths>({
        baseUrl: url,
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });

interface Result<Data, Refusal> {
    data?: Data;
    error?: Refusal;
    response: Response;
}

// What was answered; not a dry run's plan.
function done<Data, Refusal>(result: Result<Data, Refusal>): Exclude<NonNullable<Data>, Planned> {
    assert.equal(result.error, undefined);
    assert.ok(result.data !== undefined && result.data !== null);
    return result.data as Exclude<NonNullable<Data>, Planned>;
}

function empty(result: { response: Response }, status = 204) {
    assert.equal(result.response.status, status);
}

function refused<Data, Refusal extends { code: string; status: number }>(
    result: Result<Data, Refusal>,
    code: Refusal["code"],
): Refusal {
    assert.ok(result.error !== undefined, `accepted, where ${code} was expected`);
    assert.equal(result.error.code, code);
    assert.equal(result.error.status, result.response.status);
    return result.error;
}

function given<T>(value: T | null | undefined): T {
    assert.ok(value !== null && value !== undefined);
    return value;
}

// RFC 4648 and RFC 6238.
function oneTimePassword(base32: string, time: number): string {
    let bits = "";
    for (const letter of base32) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
    const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
    const mac = createHmac("sha1", key).update(step).digest();
    const number = mac.readUInt32BE(mac.readUInt8(19) & 0xf) & 0x7fffffff;
    return (number % 1_000_000).toString().padStart(6, "0");
}

const tell = (line: string) => console.log(`  ${line}`);
const visitor = as();

tell("The first admin is made with the one-time token.");
const grace = { name: "Grace", email: "grace@hosting.example", password };
refused(await visitor.POST("/v1/setup", { body: { ...grace, token: "mu_wrong" } }), "setup.invalid_token");
const root = as(done(await visitor.POST("/v1/setup", { body: { ...grace, token: setupToken } })).token);
assert.equal(done(await root.GET("/v1/admin/session")).admin?.role, "administrator");

tell("Ada, Bob and Cleo register.");
async function register(name: string, company: string) {
    const registered = done(
        await visitor.POST("/v1/registrations", {
            body: {
                first_name: name,
                last_name: "Example",
                email: `${name}@example.com`,
                password,
                account: { company_name: company },
            },
        }),
    );
    return {
        id: given(registered.user).id,
        account: given(registered.account).id,
        client: as(given(registered.token)),
    };
}
const ada = await register("ada", "Acme");
const bob = await register("bob", "Babbage Ltd");
const cleo = await register("cleo", "Cleo Ltd");
const twice = await visitor.POST("/v1/registrations", {
    body: { first_name: "A", last_name: "B", email: "ADA@Example.COM", password },
});
refused(twice, "user.email_taken");
const short = refused(
    await visitor.POST("/v1/registrations", {
        body: { first_name: "", last_name: "B", email: "x@example.com", password: "short" },
    }),
    "request.invalid",
);
assert.deepEqual(short.errors?.map((each) => each.pointer).sort(), ["/first_name", "/password"]);

tell("Ada invites Bob, who accepts with his own address and password.");
const acme = { path: { account: ada.account } };
const planned = await ada.client.POST("/v1/accounts/{account}/invitations", {
    params: { ...acme, query: { dry_run: true } },
    body: { email: "bob.work@example.com", permissions: "all" },
});
assert.equal((planned.data as Planned).events[0]?.type, "account.user_invited");
const invited = done(
    await ada.client.POST("/v1/accounts/{account}/invitations", {
        params: { ...acme, header: { "Idempotency-Key": "once" } },
        body: { email: "bob.work@example.com", permissions: ["invoices", "tickets"] },
    }),
);
assert.equal(invited.status, "pending");
const pending = refused(
    await ada.client.POST("/v1/accounts/{account}/invitations", {
        params: acme,
        body: { email: "bob.work@example.com", permissions: "all" },
    }),
    "invitation.pending",
);
assert.equal(pending.invitation_id, invited.id);
const mail = done(await root.GET("/v1/outbox", { params: { query: { state: "pending", limit: 1 } } })).items[0];
const token = given(/\/invitations\/(\S+)/.exec(given(mail?.text))?.[1]);
assert.equal(done(await visitor.GET("/v1/invitations/{token}", { params: { path: { token } } })).account_name, "Acme");
const accepted = done(
    await visitor.POST("/v1/invitations/{token}/acceptance", {
        params: { path: { token } },
        body: { sign_in: { email: "bob@example.com", password } },
    }),
);
assert.equal(accepted.account?.id, ada.account);
refused(await visitor.GET("/v1/invitations/{token}", { params: { path: { token } } }), "invitation.not_found");

tell("Bob switches between his accounts, and sees what he may.");
refused(await bob.client.GET("/v1/accounts/{account}/tickets", { params: acme }), "session.other_account");
const chosen = done(await bob.client.PUT("/v1/session/account", { body: { account_id: ada.account } }));
assert.deepEqual(chosen.permissions, ["invoices", "tickets"]);
assert.equal(chosen.accounts.length, 2);
done(await bob.client.GET("/v1/accounts/{account}/tickets", { params: acme }));
const denied = refused(await bob.client.GET("/v1/accounts/{account}/orders", { params: acme }), "access.denied");
assert.deepEqual(denied.permissions, ["invoices", "tickets"]);

tell("Ada changes his permissions; they hold at once.");
const bobAtAcme = { path: { account: ada.account, user: bob.id } };
refused(
    await ada.client.PUT("/v1/accounts/{account}/users/{user}/permissions", {
        params: bobAtAcme,
        body: { permissions: [] },
    }),
    "permissions.empty",
);
const member = done(
    await ada.client.PUT("/v1/accounts/{account}/users/{user}/permissions", {
        params: bobAtAcme,
        body: { permissions: ["orders"] },
    }),
);
assert.deepEqual(member.permissions, ["orders"]);
const order = done(
    await bob.client.POST("/v1/accounts/{account}/orders", {
        params: acme,
        body: { items: [{ description: "Web space", amount: "9.90" }, { description: "Set-up", amount: "5" }], currency: "EUR" },
    }),
);
assert.equal(order.total, "14.90");

tell("Only an admin transfers ownership, and only of the version that was seen.");
refused(await ada.client.PUT("/v1/accounts/{account}/owner", { params: acme, body: { user_id: bob.id } }), "access.role");
refused(
    await root.PUT("/v1/accounts/{account}/owner", {
        params: { ...acme, header: { "If-Match": '"1"' } },
        body: { user_id: bob.id },
    }),
    "request.stale",
);
const seen = await root.GET("/v1/accounts/{account}", { params: acme });
const version = given(seen.response.headers.get("ETag"));
const transferred = done(
    await root.PUT("/v1/accounts/{account}/owner", {
        params: { ...acme, header: { "If-Match": version } },
        body: { user_id: bob.id },
    }),
);
assert.equal(transferred.owner_user_id, bob.id);

tell("Ada switches two-factor on; from now on a password is not enough.");
const started = done(await ada.client.POST("/v1/me/two-factor", { body: { current_password: password } }));
const code = oneTimePassword(given(started.secret), Date.now());
const { recovery_codes: codes } = done(await ada.client.POST("/v1/me/two-factor/confirmation", { body: { code } }));
assert.equal(codes.length, 10);
const credentials = { email: "ada@example.com", password };
refused(await visitor.POST("/v1/sessions", { body: credentials }), "session.second_factor_required");
const again = done(await visitor.POST("/v1/sessions", { body: { ...credentials, code: given(codes[0]) } }));
assert.equal(again.user?.two_factor, true);

tell("Lists come in pages.");
const names: string[] = [];
let cursor: string | null | undefined;
do {
    const page = done(
        await root.GET("/v1/users", {
            params: { query: { sort: "name", limit: 2, total: true, ...(cursor ? { cursor } : {}) } },
        }),
    );
    assert.equal(page.total, 3);
    names.push(...page.items.map((user) => user.first_name));
    cursor = page.next;
} while (cursor);
assert.deepEqual(names, ["ada", "bob", "cleo"]);
const wide = await root.GET("/v1/users", { params: { query: { limit: 201 } } });
assert.equal(refused(wide, "request.invalid").errors?.[0]?.pointer, "?limit");

tell("Users are deleted only where nobody loses an account.");
refused(await root.DELETE("/v1/users/{user}", { params: { path: { user: bob.id } } }), "user.several_accounts");
refused(await root.DELETE("/v1/users/{user}", { params: { path: { user: cleo.id } } }), "user.is_owner");
const gone = await root.DELETE("/v1/accounts/{account}", {
    params: { path: { account: cleo.account }, query: { delete_users: true } },
});
empty(gone);
refused(await root.GET("/v1/users/{user}", { params: { path: { user: cleo.id } } }), "user.not_found");
refused(await cleo.client.GET("/v1/me"), "session.required");
empty(await bob.client.DELETE("/v1/session"));

tell("Who did what stands in the activity log.");
const position = given(gone.response.headers.get("Muster-Position"));
const log = done(
    await root.GET("/v1/activity", {
        params: {
            query: { account_id: ada.account, type: "account.ownership_transferred" },
            header: { "Muster-Min-Position": Number(position) },
        },
    }),
);
assert.ok(typeof log !== "string"); // Text is what an export would be.
assert.equal(log.items[0]?.actor.name, "Grace");
