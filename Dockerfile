# syntax=docker/dockerfile:1
# Weir in an image: docker build -t weir . (for NVIDIA devices: docker build --target gpu -t weir:gpu .)
# It holds a GPL build of FFmpeg and is distributed under the GPL, version 3: see packaging/licences/NOTICE.txt.

FROM denoland/deno:debian-2.9.6 AS build
WORKDIR /src
COPY deno.json deno.lock ./
COPY src/console/deno.json src/console/
RUN deno install --frozen
COPY . .
ARG WEIR_COMMIT=unknown
ARG SOURCE_DATE_EPOCH=0
RUN WEIR_COMMIT=$WEIR_COMMIT SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH deno run -A scripts/build/build.ts --unpacked /opt/weir

FROM build AS build-gpu
# ONNX Runtime's own script fetches what it needs for CUDA 12 and TensorRT.
RUN deno run -A node_modules/onnxruntime-node/script/install.js \
  && cp node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_*.so \
    /opt/weir/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,video \
  WEIR_HOST=0.0.0.0 WEIR_PORT=8080 WEIR_DATA_DIR=/data WEIR_CACHE_DIR=/data/cache DENO_DIR=/tmp/deno HOME=/data
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin weir \
  && install -d -o weir -g weir -m 0750 /data
COPY --from=build-gpu /opt/weir /opt/weir
COPY --from=build /src/LICENSE /src/packaging/licences /usr/share/doc/weir/
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/opt/weir/deno", "run", "--no-config", "--no-lock", "--allow-net", "--allow-env=WEIR_PORT", "/opt/weir/health.js"]
ENTRYPOINT ["/opt/weir/weir"]
CMD ["serve", "--no-parent"]

FROM debian:bookworm-slim AS cpu
ENV WEIR_HOST=0.0.0.0 WEIR_PORT=8080 WEIR_DATA_DIR=/data WEIR_CACHE_DIR=/data/cache DENO_DIR=/tmp/deno HOME=/data
# ONNX Runtime wants the C++ library; FFmpeg checks certificates with the system's. Debian keeps no old versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin weir \
  && install -d -o weir -g weir -m 0750 /data
COPY --from=build /opt/weir /opt/weir
COPY --from=build /src/LICENSE /src/packaging/licences /usr/share/doc/weir/
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/opt/weir/deno", "run", "--no-config", "--no-lock", "--allow-net", "--allow-env=WEIR_PORT", "/opt/weir/health.js"]
ENTRYPOINT ["/opt/weir/weir"]
CMD ["serve", "--no-parent"]
