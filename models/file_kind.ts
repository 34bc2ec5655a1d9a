const MAGIC: readonly [bytes: string, at: number, what: string][] = [
  ["version https://git-lfs", 0, "a Git LFS pointer, not the file itself: fetch it with `git lfs pull`"],
  ["<!DOCTYPE", 0, "a web page, not a model: the download went wrong"],
  ["<!doctype", 0, "a web page, not a model: the download went wrong"],
  ["<html", 0, "a web page, not a model: the download went wrong"],
  ["<?xml", 0, "an XML file (OpenVINO?): export the model to ONNX"],
  ["PK\x03\x04", 0, "a zip archive (a PyTorch .pt is one too): export the model to ONNX"],
  ["\x80\x02", 0, "a Python pickle (PyTorch?): export the model to ONNX"],
  ["\x89HDF", 0, "an HDF5 file (Keras?): convert it with tf2onnx"],
  ["TFL3", 4, "a TensorFlow Lite model: convert it with tf2onnx"],
  ["ORTM", 4, "a model in ONNX Runtime's own .ort format: use the .onnx it was made from"],
  ["ptrt", 0, "a TensorRT engine: use the ONNX file it was made from"],
  ["ftrt", 0, "a TensorRT engine: use the ONNX file it was made from"],
  ["\x1f\x8b", 0, "gzip-compressed: unpack it first"],
  ["{", 0, "a JSON file, not a model"],
];

/** What a file is that is not ONNX, as far as its first bytes tell. */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, 64));
  const known = MAGIC.find(([bytes, at]) => text.startsWith(bytes, at));
  if (known) return known[2];
  // A safetensors file is a 64-bit length, little-endian, and then JSON.
  if (text[8] === "{" && head[6] === 0 && head[7] === 0) return "a safetensors file: export the model to ONNX";
  return undefined;
}
