import {
  AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX,
  AV_HWDEVICE_TYPE_CUDA,
  AV_HWDEVICE_TYPE_D3D11VA,
  AV_HWDEVICE_TYPE_D3D12VA,
  AV_HWDEVICE_TYPE_VAAPI,
  AV_HWDEVICE_TYPE_VIDEOTOOLBOX,
} from "node-av/constants";
import type { AVHWDeviceType, AVPixelFormat } from "node-av/constants";
import { type Codec, type CodecContext, Frame, HardwareDeviceContext } from "node-av/lib";

/** A hardware device that decodes, and the way of its pictures back into memory. */
export class HardwareDecoding implements Disposable {
  private constructor(
    readonly name: string,
    private readonly device: HardwareDeviceContext,
    private readonly pixelFormat: AVPixelFormat,
  ) {}

  /** The first device of this machine that the decoder can use. */
  static find(decoder: Codec): HardwareDecoding | undefined {
    for (let index = 0;; index++) {
      const config = decoder.getHwConfig(index);
      if (!config) return undefined;
      if (!(config.methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) || !DECODERS.has(config.deviceType)) continue;
      const device = open(config.deviceType);
      if (!device) continue;
      return new HardwareDecoding(HardwareDeviceContext.getTypeName(config.deviceType) ?? "?", device, config.pixFmt);
    }
  }

  /** Has a decoder use the device; before it is opened. */
  attach(context: CodecContext): void {
    context.hwDeviceCtx = this.device;
    context.setHardwarePixelFormat(this.pixelFormat);
  }

  /** The frame in ordinary memory, if the device gives it. The frame given is freed, unless it lies there already. */
  download(frame: Frame): Frame | undefined {
    if (!frame.isHwFrame()) return frame;
    const copy = new Frame();
    copy.alloc();
    const code = frame.hwframeTransferDataSync(copy);
    if (code >= 0) copy.copyProps(frame);
    else copy.free();
    frame.free();
    return code >= 0 ? copy : undefined;
  }

  [Symbol.dispose](): void {
    this.device.free();
  }
}

// Vulkan is left out: it opens on any machine, in software where there is no device, and then decodes nothing.
const DECODERS: ReadonlySet<AVHWDeviceType> = new Set([
  AV_HWDEVICE_TYPE_CUDA,
  AV_HWDEVICE_TYPE_VAAPI,
  AV_HWDEVICE_TYPE_VIDEOTOOLBOX,
  AV_HWDEVICE_TYPE_D3D11VA,
  AV_HWDEVICE_TYPE_D3D12VA,
]);

// Asking for a device that is not there costs milliseconds and prints; one answer a thread is enough.
const absent = new Set<AVHWDeviceType>();

function open(type: AVHWDeviceType): HardwareDeviceContext | undefined {
  if (absent.has(type)) return undefined;
  const device = new HardwareDeviceContext();
  if (device.create(type) >= 0) return device;
  absent.add(type);
  device.free();
  return undefined;
}
