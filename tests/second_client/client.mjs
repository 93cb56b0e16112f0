// Matrix devices on matrix-js-sdk's rust crypto, driven by tests/js_client.py: what people with a client of the Element
// family have, and nothing of nio in it.
//
// Prints the port that it listens on, and ends with its standard input. Each connection has devices of its own, which are
// let go when it closes. A line is a JSON value: `{id, device, do, ...}` is answered with `{id, ok}` or `{id, error}`;
// between the answers come `{device, seen}`, `{device, verification}` and `{device, letter}`.
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const silent = () => {};
const logger = { trace: silent, debug: silent, info: silent, log: silent, getChild: () => logger };
logger.warn = logger.error = (...words) => console.error(...words);
// Standard output carries the port alone; the library has a global logger besides the one it is given.
console.trace = console.debug = console.info = console.log = silent;

const sdk = await import("matrix-js-sdk");
const api = await import("matrix-js-sdk/lib/crypto-api/index.js");
await (await import("@matrix-org/matrix-sdk-crypto-wasm")).initAsync();

const PHASES = ["", "unsent", "requested", "ready", "started", "cancelled", "done"];

class Device {
    constructor(tell) {
        this.tell = tell;
        this.requests = new Map();
        this.left_out = [];
    }

    async login({ url, user, password, device_id }) {
        const said = await sdk.createClient({ baseUrl: url, logger }).loginRequest({
            type: "m.login.password", identifier: { type: "m.id.user", user }, password, device_id,
        });
        this.password = password;
        this.client = sdk.createClient({
            baseUrl: url, logger, userId: said.user_id, deviceId: said.device_id, accessToken: said.access_token,
            verificationMethods: ["m.sas.v1"], useAuthorizationHeader: true,
            fetchFn: (address, options) => fetch(address, this.lessen(address, options)),
        });
        await this.client.initRustCrypto({ useIndexedDB: false });
        this.crypto = this.client.getCrypto();
        this.client.on(sdk.RoomEvent.Timeline, (event) => this.sees(event));
        this.client.on(sdk.RoomEvent.Redaction, (event, room) => this.sees(room.findEventById(event.getAssociatedId())));
        this.client.on(sdk.MatrixEventEvent.Decrypted, (event) => this.sees(event));
        this.client.on(sdk.ClientEvent.ReceivedToDeviceMessage, ({ message, encryptionInfo }) =>
            this.tell({ letter: { ...message, encrypted: encryptionInfo !== null } }));
        this.client.on(api.CryptoEvent.VerificationRequestReceived, (request) => this.follow(request));
        await this.start();
        await this.uploaded();
        return { user_id: said.user_id, device_id: said.device_id };
    }

    // Sync; returns when the first answer is dealt with.
    async start() {
        const prepared = new Promise((resolve) => {
            const heard = (state) => {
                if (state === "PREPARED" || state === "SYNCING") {
                    this.client.off(sdk.ClientEvent.Sync, heard);
                    resolve();
                }
            };
            this.client.on(sdk.ClientEvent.Sync, heard);
        });
        await this.client.startClient({ initialSyncLimit: 100, disablePresence: true, pollTimeout: 5000 });
        await prepared;
    }

    // The keys go up on their own after the first sync.
    async uploaded() {
        const me = this.client.getUserId();
        const path = "/_matrix/client/v3/keys/query";
        for (;;) {
            const said = await this.request({ method: "POST", path, body: { device_keys: { [me]: [] } } });
            if (said.device_keys?.[me]?.[this.client.getDeviceId()]) return;
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }

    stop() {
        this.client?.stopClient();
    }

    async logout() {
        await this.client.logout(true);
    }

    request({ method, path, body }) {
        return this.client.http.authedRequest(method, path, undefined, body, { prefix: "" });
    }

    // --- who one is, and whom one trusts ---

    async sign() {
        const identifier = { type: "m.id.user", user: this.client.getUserId() };
        await this.crypto.bootstrapCrossSigning({
            setupNewCrossSigning: true,
            authUploadDeviceSigningKeys: async (upload) => {
                try {
                    await upload(null);
                } catch (error) {
                    if (!error.data?.session) throw error;
                    const { session } = error.data;
                    await upload({ type: "m.login.password", identifier, password: this.password, session });
                }
            },
        });
    }

    async sign_device({ device_id }) {
        await this.crypto.getUserDeviceInfo([this.client.getUserId()], true);
        await this.crypto.crossSignDevice(device_id);
    }

    only_signed() {
        this.crypto.globalBlacklistUnverifiedDevices = false; // "unverified" here; what is not signed, below
        this.crypto.setDeviceIsolationMode(new api.OnlySignedDevicesIsolationMode());
    }

    async devices_of({ user }) {
        const devices = (await this.crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
        const found = {};
        for (const [id, device] of devices) {
            const trust = await this.crypto.getDeviceVerificationStatus(user, id);
            found[id] = {
                fingerprint: device.getFingerprint(), signed: trust?.signedByOwner ?? false,
                verified: trust?.isVerified() ?? false,
            };
        }
        return found;
    }

    // --- rooms ---

    async create_room({ options }) {
        return (await this.client.createRoom(options)).room_id;
    }

    async join({ room }) {
        return (await this.client.joinRoom(room)).roomId;
    }

    // Whether the room is here, with that member and that member's devices.
    async knows({ room, user }) {
        const member = this.client.getRoom(room)?.getMember(user);
        if (member?.membership !== "join" || !(await this.crypto.isEncryptionEnabledInRoom(room))) return false;
        return (await this.crypto.getUserDeviceInfo([user], true)).get(user)?.size > 0;
    }

    async send({ room, type, content }) {
        return (await this.client.sendEvent(room, type, content)).event_id;
    }

    async redact({ room, event }) {
        return (await this.client.redactEvent(room, event)).event_id;
    }

    async discard_session({ room }) {
        await this.crypto.forceDiscardSession(room);
    }

    async encrypt_to_device({ user, device_id, type, content }) {
        const batch = await this.crypto.encryptToDeviceMessages(type, [{ userId: user, deviceId: device_id }], content);
        await this.client.queueToDevice(batch);
    }

    async shield({ room, event }) {
        const info = await this.crypto.getEncryptionInfoForEvent(this.client.getRoom(room).findEventById(event));
        if (info === null) return null;
        const reason = info.shieldReason === null ? null : api.EventShieldReason[info.shieldReason];
        return { colour: api.EventShieldColour[info.shieldColour], reason };
    }

    sees(event) {
        if (!event?.getRoomId() || event.getId()?.startsWith("~")) return;
        const wire = event.getWireContent();
        const relation = wire["m.relates_to"];
        const content = event.getOriginalContent();
        this.tell({
            seen: {
                event_id: event.getId(), room: event.getRoomId(), sender: event.getSender(), type: event.getType(),
                content: relation ? { ...content, "m.relates_to": relation } : content,
                encrypted: event.isEncrypted(), session: wire.session_id ?? null,
                failure: event.decryptionFailureReason, redacted: event.isRedacted(),
            },
        });
    }

    // From now on encrypted events go out without these of their fields.
    leave_out({ fields }) {
        this.left_out = fields;
    }

    lessen(address, options) {
        if (!this.left_out.length || !`${address}`.includes("/send/m.room.encrypted/")) return options;
        const content = JSON.parse(options.body);
        this.left_out.forEach((field) => delete content[field]);
        return { ...options, body: JSON.stringify(content) };
    }

    // --- verification ---

    async verify_device({ user, device_id }) {
        await this.crypto.getUserDeviceInfo([user], true);
        return this.follow(await this.crypto.requestDeviceVerification(user, device_id));
    }

    async verify_in_room({ user, room }) {
        await this.crypto.getUserDeviceInfo([user], true);
        return this.follow(await this.crypto.requestVerificationDM(user, room));
    }

    follow(request) {
        const key = request.transactionId;
        const kept = { request, verifier: null, sas: null };
        this.requests.set(key, kept);
        const changed = () => {
            this.tell({ verification: this.describe(key) });
            if (!request.verifier || kept.verifier) return;
            kept.verifier = request.verifier;
            kept.verifier.on("show_sas", (sas) => {
                kept.sas = sas;
                this.tell({ verification: this.describe(key) });
            });
            kept.verifier.verify().catch(silent); // how it ends is the request's phase
        };
        request.on("change", changed);
        changed();
        return key;
    }

    describe(key) {
        const { request, sas } = this.requests.get(key);
        return {
            key, user: request.otherUserId, device_id: request.otherDeviceId ?? null, phase: PHASES[request.phase],
            mine: request.initiatedByMe, room: request.roomId ?? null,
            emoji: sas?.sas.emoji ?? null, decimal: sas?.sas.decimal ?? null, code: request.cancellationCode,
        };
    }

    async accept({ key }) {
        await this.requests.get(key).request.accept();
    }

    async start_sas({ key }) {
        await this.requests.get(key).request.startVerification("m.sas.v1");
    }

    async confirm({ key }) {
        await this.requests.get(key).sas.confirm();
    }

    mismatch({ key }) {
        this.requests.get(key).sas.mismatch();
    }

    async cancel({ key }) {
        await this.requests.get(key).request.cancel();
    }
}

const server = createServer((socket) => {
    const devices = new Map();
    const say = (value) => socket.writable && socket.write(`${JSON.stringify(value)}\n`);
    const lines = createInterface({ input: socket, crlfDelay: Infinity });
    lines.on("line", async (line) => {
        const { id, device: name, do: verb, ...words } = JSON.parse(line);
        if (!devices.has(name)) devices.set(name, new Device((news) => say({ device: name, ...news })));
        try {
            say({ id, ok: (await devices.get(name)[verb](words)) ?? null });
        } catch (error) {
            say({ id, error: `${error}` });
        }
    });
    for (const one of [socket, lines]) one.on("error", silent); // a test that is gone is told nothing more
    socket.on("close", () => devices.forEach((device) => device.stop()));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.on("unhandledRejection", (error) => console.error("unhandled", error));
process.stdin.on("end", () => process.exit()).resume();
