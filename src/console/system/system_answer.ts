/** A supervisor's child as the API tells of it. */
export interface ChildAnswer {
  name: string;
  state: string;
  /** Unix milliseconds. */
  since: number;
  restarts?: number;
  nextAttemptMs?: number;
  cause?: { code: string; message: string };
  /** What the child says of itself. */
  actor?: {
    mailbox?: { depth: number; capacity: number; dropped: number };
    children?: ChildAnswer[];
  };
}

/** A supervisor as the API tells of it. */
export interface SupervisorAnswer {
  /** Whose replicas it keeps. */
  model?: string;
  name: string;
  state: string;
  strategy?: string;
  since: number;
  cause?: { code: string; message: string };
  children: ChildAnswer[];
}

/** A thread as the API tells of it. */
export interface ThreadAnswer {
  name: string;
  state: string;
  /** Unix milliseconds. */
  since: number;
  mailbox: { depth: number; capacity: number; dropped: number };
  cause?: { code: string; message: string };
}

/** What `weir bench` found that a machine can do with one network, as the API tells of it. */
export interface MeasuredAnswer {
  label: string;
  /** Of the network's file. */
  sha256: string;
  measuredAt: string;
  cpu: string;
  cores: number;
  /** Of Weir. */
  version: string;
  /** Frames a second. */
  weirPerSecond: number;
  /** Frames a second of a bare loop, without Weir. */
  barePerSecond: number;
  /** Other programs had a part of the machine meanwhile. */
  disturbed: boolean;
  /** It was measured on another machine than this. */
  elsewhere: boolean;
}

/** What `GET /api/v1/system` answers. */
export interface SystemAnswer {
  version: string;
  pid: number;
  startedAt: string;
  cores: number;
  /** Processor time since the start, of all threads. */
  cpuSeconds: number;
  memory: { residentBytes: number; heapBytes: number; externalBytes: number };
  leaks: {
    kills: number;
    bytes: number;
    descriptors: number;
    exhausted: boolean;
  };
  threads: {
    dispatcher: ThreadAnswer & { restarts: number };
    streams: {
      /** Threads that are gone and that others took the place of. */
      replaced: number;
      workers: (ThreadAnswer & { streams: string[]; guests: number })[];
    };
  };
  supervision: SupervisorAnswer[];
  /** Newest first. */
  measured: MeasuredAnswer[];
}

/** What `GET /ready` answers. */
export interface ReadyAnswer {
  ready: boolean;
  reasons: string[];
}
