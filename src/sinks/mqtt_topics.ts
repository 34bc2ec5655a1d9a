import type { PresenceChange } from "./presence.ts";

/** One MQTT message. */
export interface MqttMessage {
  topic: string;
  payload: string;
  retain: boolean;
}

/** Whose topics they are. */
export interface MqttTopicsOptions {
  /** What every topic begins with. */
  prefix: string;
  stream: string;
  /** What Home Assistant is told of; undefined: nothing. */
  homeAssistant?: { prefix: string; labels: readonly string[] };
}

/** The topics and messages of one stream: `<prefix>/<stream>/result` and so on, and what Home Assistant reads. */
export class MqttTopics {
  readonly #base: string;
  readonly #node: string;

  constructor(private readonly options: MqttTopicsOptions) {
    // A stream's name must not reach into other topics.
    this.#base = `${options.prefix}/${options.stream.replace(/[+#/\0]/g, "_")}`;
    this.#node = slug(`${options.prefix}_${options.stream}`);
  }

  /** Where an event of a type goes. */
  of(type: string): string {
    return `${this.#base}/${type}`;
  }

  availability(online: boolean): MqttMessage {
    return { topic: this.of("availability"), payload: online ? "online" : "offline", retain: true };
  }

  /** What tells Home Assistant of a change. */
  presence({ label, present, count }: PresenceChange): MqttMessage[] {
    const messages: MqttMessage[] = [];
    if (present !== undefined) {
      messages.push({ topic: this.#labelTopic("presence", label), payload: present ? "ON" : "OFF", retain: true });
    }
    if (count !== undefined) {
      messages.push({ topic: this.#labelTopic("count", label), payload: String(count), retain: true });
    }
    return messages;
  }

  /** The latest alert's picture, base64. */
  alertPicture(jpeg: string): MqttMessage {
    return { topic: this.of("home_assistant_picture"), payload: jpeg, retain: true };
  }

  /** What makes the stream a device of Home Assistant's, with its entities. */
  discovery(): MqttMessage[] {
    const { homeAssistant, stream } = this.options;
    if (!homeAssistant) return [];
    const shared = {
      availability_topic: this.of("availability"),
      device: { identifiers: [this.#node], name: `Weir ${stream}`, manufacturer: "Weir", model: "Video stream" },
      origin: { name: "Weir" },
    };
    const entity = (component: string, id: string, config: Record<string, unknown>) => ({
      topic: `${homeAssistant.prefix}/${component}/${this.#node}/${id}/config`,
      payload: JSON.stringify({ ...config, unique_id: `${this.#node}_${id}`, ...shared }),
      retain: true,
    });
    return [
      ...homeAssistant.labels.flatMap((label) => [
        entity("binary_sensor", `${slug(label)}_presence`, {
          name: label,
          device_class: "occupancy",
          state_topic: this.#labelTopic("presence", label),
          payload_on: "ON",
          payload_off: "OFF",
        }),
        entity("sensor", `${slug(label)}_count`, {
          name: `${label} count`,
          state_class: "measurement",
          state_topic: this.#labelTopic("count", label),
        }),
      ]),
      entity("event", "alert", { name: "Alert", event_types: ["alert"], state_topic: this.of("home_assistant_event") }),
      entity("image", "alert_picture", {
        name: "Alert picture",
        image_topic: this.of("home_assistant_picture"),
        image_encoding: "b64",
        content_type: "image/jpeg",
      }),
    ];
  }

  /** What removes everything that was retained. */
  removal(): MqttMessage[] {
    const labels = this.options.homeAssistant?.labels ?? [];
    return [
      ...this.discovery().map(({ topic }) => topic),
      ...labels.flatMap((label) => [this.#labelTopic("presence", label), this.#labelTopic("count", label)]),
      this.of("state"),
      this.of("availability"),
      ...(this.options.homeAssistant ? [this.of("home_assistant_picture")] : []),
    ].map((topic) => ({ topic, payload: "", retain: true }));
  }

  #labelTopic(what: string, label: string): string {
    return `${this.#base}/${what}/${slug(label)}`;
  }
}

/** A name in letters that Home Assistant takes in ids; different names stay different. */
function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/gu, (letter) => `-${letter.codePointAt(0)!.toString(16)}-`);
}
