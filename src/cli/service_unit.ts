/** What a unit starts, and for whom. */
export interface UnitOptions {
  /** The program and what comes before its own arguments. */
  command: readonly string[];
  /** The configuration that it reads. */
  config?: string;
  /** For one user's own manager instead of the system's. */
  user: boolean;
}

/**
 * The unit for systemd. The system's has no user of its own beforehand, no rights, and sees of the disk what it needs;
 * it restarts the server itself, so the server runs without its small parent.
 */
export function serviceUnit({ command, config, user }: UnitOptions): string {
  const start = [...command, "serve", "--no-parent", ...(config ? ["--config", config] : [])].map(quoted).join(" ");
  return `[Unit]
Description=Weir, real-time video inference
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=600
StartLimitBurst=6

[Service]
Type=exec
ExecStart=${start}
${config ? RELOAD : ""}Restart=always
RestartSec=1
RestartPreventExitStatus=2
SuccessExitStatus=75
TimeoutStopSec=30
LimitNOFILE=65536
Environment=WEIR_TELEMETRY__FORMAT=json
${user ? "" : SYSTEM}
[Install]
WantedBy=${user ? "default.target" : "multi-user.target"}
`;
}

/** The shell's own kill: a small Debian has no other. Without a configuration there is nothing to read anew. */
const RELOAD = `ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
`;

const SYSTEM = `EnvironmentFile=-/etc/weir/weir.env
Environment=WEIR_DATA_DIR=/var/lib/weir WEIR_CACHE_DIR=/var/cache/weir
DynamicUser=yes
StateDirectory=weir
CacheDirectory=weir
ConfigurationDirectory=weir
UMask=0077

# What it may not: gain rights, change the system, see other people's files and processes.
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
# The runtime compiles as it goes, so memory that can be written must be able to run: no MemoryDenyWriteExecute.
# Cameras and graphics devices are all that it sees of /dev; SupplementaryGroups lets it use them.
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-drm rw
DeviceAllow=char-nvidia-frontend rw
DeviceAllow=char-nvidia-uvm rw
SupplementaryGroups=video
`;

/** Spaces, quotes and what systemd would fill in are kept as they are. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/(["\\])/g, "\\$1")}"`;
}
