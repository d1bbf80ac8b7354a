# The server in an image of its own: one program, without a compiler, run by a user without rights.
#   docker build -t dailies .
#   docker run -p 5000:5000 -v dailies:/data dailies
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked && cp target/release/dailies /dailies

FROM debian:bookworm-slim
# ffmpeg makes movies playable, poppler-utils draws pages of PDF files; curl asks for the health of the server. Debian's archive has
# one version of a package at a time, so that a pinned one would be gone with the next fix of a hole.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl ffmpeg poppler-utils \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home dailies
COPY --from=build /dailies /usr/local/bin/dailies
# The number of `dailies`: some want to see that it is not root.
USER 10001
VOLUME /data
EXPOSE 5000
ENV DAILIES_DATA_DIR=/data DAILIES_HOST=0.0.0.0
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:5000/status"]
ENTRYPOINT ["dailies"]
CMD ["serve"]
