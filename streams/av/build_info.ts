import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_VP9,
  FF_ENCODER_LIBFDK_AAC,
} from "node-av/constants";
import { Codec, getFFmpegInfo } from "node-av/lib";
import { HardwareDecoding } from "./hardware.ts";
import { quietNatives } from "./log.ts";

/** What the FFmpeg in use is and can do on this machine. */
export interface BuildInfo {
  version: string;
  licence: string;
  /** Whether FDK AAC is linked in, whose licence many hold to be incompatible with the GPL. */
  fdkAac: boolean;
  /** By codec: the software decoder, the hardware that decodes it here, and the encoder; undefined where there is none. */
  codecs: Record<string, { decoder?: string; hardware?: string; encoder?: string }>;
}

const CODECS = {
  h264: AV_CODEC_ID_H264,
  hevc: AV_CODEC_ID_HEVC,
  mjpeg: AV_CODEC_ID_MJPEG,
  vp9: AV_CODEC_ID_VP9,
  av1: AV_CODEC_ID_AV1,
};

/** The version of the FFmpeg in use. */
export function ffmpegVersion(): string {
  return getFFmpegInfo().version;
}

/** Asks FFmpeg about itself and tries the hardware that may decode. */
export function buildInfo(): BuildInfo {
  quietNatives();
  const { version, configuration } = getFFmpegInfo();
  const codecs = Object.entries(CODECS).map(([name, id]) => {
    const decoder = Codec.findDecoder(id);
    using hardware = decoder ? HardwareDecoding.find(decoder) : undefined;
    const encoder = Codec.findEncoder(id)?.name;
    return [name, {
      ...(decoder?.name && { decoder: decoder.name }),
      ...(hardware && { hardware: hardware.name }),
      ...(encoder && { encoder }),
    }];
  });
  const fdkAac = Codec.findEncoderByName(FF_ENCODER_LIBFDK_AAC) !== null;
  return { version, licence: licenceOf(configuration), fdkAac, codecs: Object.fromEntries(codecs) };
}

function licenceOf(configuration: string): string {
  const has = (option: string) => configuration.split(" ").includes(`--enable-${option}`);
  if (has("nonfree")) return "nonfree";
  return `${has("gpl") ? "GPL" : "LGPL"} ${has("version3") ? "3" : has("gpl") ? "2" : "2.1"} or later`;
}
