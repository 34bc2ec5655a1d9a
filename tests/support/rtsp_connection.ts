import type { Socket } from "node:net";
import { type Fault, faultOf } from "./faults.ts";
import { type Programme, RtpPlayer } from "./rtp_player.ts";
import type { Track } from "./rtp_track.ts";
import { challenge, type RtspCredentials } from "./rtsp_auth.ts";
import { InterleavedOut, RtspWriter, UdpOut } from "./rtsp_media_out.ts";
import { type RtspRequest, RtspRequests, rtspResponse } from "./rtsp_message.ts";
import { type Description, sdpOf } from "./rtsp_sdp.ts";

/** One path of the server: what it plays, to whom, and how it misbehaves. Plain data. */
export interface Camera {
  /** Name of the track; default `main`. */
  track?: string;
  /** Pictures a second; default 25. */
  fps?: number;
  credentials?: RtspCredentials;
  /** Transports it takes; default both. */
  transports?: ("tcp" | "udp")[];
  /** What it says of its video: all, not its parameter sets, or that it has none but sound. */
  description?: Description;
  joinAt?: number;
  clockOffsetMs?: number;
  reportEveryMs?: number;
  faults?: Fault[];
}

/** What a connection needs of its server. */
export interface RtspHouse {
  tracks: Record<string, Track>;
  cameras: Map<string, Camera>;
  /** How often a fault with `times` has struck. */
  struck: Map<Fault, number>;
  countRequest(method: string): void;
  countFrame(path: string): void;
}

const ANSWERED = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN";

/** One client's conversation with the server. */
export class RtspConnection {
  readonly nonce = crypto.randomUUID().replaceAll("-", "");
  path = "";
  #house: RtspHouse;
  #requests = new RtspRequests();
  #writer: RtspWriter;
  #socket: Socket;
  #session = crypto.randomUUID().slice(0, 8);
  #player?: RtpPlayer;
  #udp?: UdpOut;
  #mute = false;

  constructor(house: RtspHouse, socket: Socket, reset: () => void) {
    this.#house = house;
    this.#socket = socket;
    this.#writer = new RtspWriter(socket, reset);
    let last = Promise.resolve();
    socket.on("data", (bytes: Uint8Array) => {
      for (const request of this.#requests.push(bytes)) last = last.then(() => this.#answer(request));
    });
    socket.on("error", () => {});
    socket.once("close", () => this.#release());
  }

  /** Ends the conversation from the server's side. */
  end(how: "fin" | "rst" | "teardown"): void {
    this.#player?.stop();
    this.#writer.end(how, this.#session);
  }

  #release(): void {
    this.#player?.stop();
    this.#udp?.close();
    this.#udp = undefined;
  }

  get #camera(): Camera | undefined {
    return this.#house.cameras.get(this.path);
  }

  get #faults(): Fault[] {
    return this.#camera?.faults ?? [];
  }

  async #answer(request: RtspRequest): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#house.countRequest(request.method);
    this.path = pathOf(request.url);
    const hang = faultOf(this.#faults, "hang");
    if (this.#mute || hang?.after === "connect") return;
    this.#mute = hang?.after === request.method;
    if (this.#drops(request.method)) return;
    const reply = await this.#reply(request);
    if (reply) this.#writer.write(reply);
    if (request.method === "PLAY" && !this.#mute) this.#player?.play();
    if (request.method === "TEARDOWN") this.#socket.end();
  }

  /** Ends the connection in place of an answer, if that is the fault. */
  #drops(method: string): boolean {
    const fault = this.#faults.find((each) => each.kind === "drop" && each.on === method);
    if (fault?.kind !== "drop" || this.#strike(fault) <= (fault.after ?? 0)) return false;
    this.end(fault.how);
    return true;
  }

  #strike(fault: Fault): number {
    const struck = (this.#house.struck.get(fault) ?? 0) + 1;
    this.#house.struck.set(fault, struck);
    return struck;
  }

  async #reply(request: RtspRequest): Promise<Uint8Array | undefined> {
    const refusal = this.#refusal(request);
    if (refusal) return refusal;
    const session = { Session: `${this.#session};timeout=60` };
    switch (request.method) {
      case "OPTIONS":
        return rtspResponse(request, 200, { headers: { Public: ANSWERED } });
      case "DESCRIBE":
        return this.#describe(request);
      case "SETUP":
        return await this.#setup(request);
      case "PLAY":
        if (!this.#player) return rtspResponse(request, 455);
        return rtspResponse(request, 200, { headers: { ...session, Range: "npt=0.000-" } });
      case "PAUSE":
        this.#player?.pause();
        return rtspResponse(request, 200, { headers: session });
      case "GET_PARAMETER":
        return rtspResponse(request, 200, { headers: session });
      case "TEARDOWN":
        this.#player?.stop();
        return rtspResponse(request, 200, { headers: session });
      default:
        return rtspResponse(request, 501);
    }
  }

  /** The answer that ends the matter before the method is even looked at. */
  #refusal(request: RtspRequest): Uint8Array | undefined {
    const camera = this.#camera;
    const fault = this.#faults.find((each) => each.kind === "status" && each.on === request.method);
    if (fault?.kind === "status") {
      const headers = fault.location ? { Location: fault.location } : undefined;
      const struck = this.#strike(fault);
      if (struck > (fault.after ?? 0) && struck <= (fault.times ?? Infinity)) {
        return rtspResponse(request, fault.status, { headers });
      }
    }
    if (request.method === "OPTIONS") return undefined;
    if (!camera) return rtspResponse(request, 404);
    const wanted = camera.credentials && challenge(request, camera.credentials, this.nonce);
    return wanted ? rtspResponse(request, 401, { headers: { "WWW-Authenticate": wanted } }) : undefined;
  }

  #describe(request: RtspRequest): Uint8Array {
    const camera = this.#camera!;
    const track = this.#house.tracks[camera.track ?? "main"];
    const body = sdpOf(track, camera.fps ?? 25, camera.description);
    const bodyLength = body.length + (faultOf(this.#faults, "content-length")?.add ?? 0);
    const headers = { "Content-Type": "application/sdp", "Content-Base": request.url.replace(/\/*$/, "/") };
    return rtspResponse(request, 200, { headers, body, bodyLength });
  }

  async #setup(request: RtspRequest): Promise<Uint8Array> {
    const wanted = request.headers.get("transport") ?? "";
    const overTcp = /RTP\/AVP\/TCP/i.test(wanted);
    const allowed = this.#camera!.transports ?? ["tcp", "udp"];
    if (/multicast/i.test(wanted) || !allowed.includes(overTcp ? "tcp" : "udp")) return rtspResponse(request, 461);
    const answer = overTcp ? this.#setupTcp(wanted) : await this.#setupUdp(wanted);
    const headers = { Session: `${this.#session};timeout=60`, Transport: answer };
    return rtspResponse(request, 200, { headers });
  }

  #setupTcp(wanted: string): string {
    const channel = Number(/interleaved=(\d+)/.exec(wanted)?.[1] ?? 0);
    this.#start(new InterleavedOut(this.#writer, channel, this.#session));
    return `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
  }

  async #setupUdp(wanted: string): Promise<string> {
    const [, rtp, rtcp] = /client_port=(\d+)-(\d+)/.exec(wanted) ?? [];
    const peer = {
      host: (this.#socket.remoteAddress ?? "127.0.0.1").replace("::ffff:", ""),
      ports: [Number(rtp), Number(rtcp)] as [number, number],
    };
    this.#udp?.close();
    const udp = this.#udp = await UdpOut.open(this.#writer, peer, this.#session);
    if (this.#socket.destroyed) this.#release();
    else this.#start(udp);
    return `RTP/AVP;unicast;client_port=${rtp}-${rtcp};server_port=${udp.ports.join("-")}`;
  }

  #start(out: InterleavedOut | UdpOut): void {
    const path = this.path;
    this.#player?.stop();
    this.#player = new RtpPlayer(() => programmeOf(this.#house, path), out, () => this.#house.countFrame(path));
  }
}

function programmeOf(house: RtspHouse, path: string): Programme {
  const camera = house.cameras.get(path) ?? {};
  return {
    ...camera,
    tracks: house.tracks,
    track: camera.track ?? "main",
    fps: camera.fps ?? 25,
    faults: camera.faults ?? [],
  };
}

/** `rtsp://host:port/gate/track1` is about `gate`. */
function pathOf(url: string): string {
  const path = url.replace(/^rtsps?:\/\/[^/]*/i, "").split("?")[0].replace(/\/track1\/?$/, "");
  return path.replace(/^\/+|\/+$/g, "");
}
