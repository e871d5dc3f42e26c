# The image contains one static binary, the CA certificates for calls to Stripe,
# and an empty /data owned by the user that the server runs as.
#
# The base is an exact version. To pin its digest, too, build with
# --build-arg GO_IMAGE=golang:1.26.8@sha256:…
ARG GO_IMAGE=golang:1.26.8
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X main.version=$VERSION" -o /out/server ./cmd/server \
 && mkdir -p /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/server /server
# SQLite writes temporary files here for large sorts.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
# A numeric ID lets Kubernetes verify that the user is not root.
USER 65532:65532
# DATABASE_URL is not set here, because that would rule out DATABASE_URL_FILE.
# From this directory its defaults, such as sqlite:./data/checkoutd.db, are in
# /data.
WORKDIR /
# With TLS_DOMAINS, https is at 4242 and plain http at 4280: publish them as 443
# and 80.
ENV ADDR=:4242 TLS_HTTP_ADDR=:4280
VOLUME /data
EXPOSE 4242 4280
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/server", "healthcheck"]
ENTRYPOINT ["/server"]
CMD ["serve"]
