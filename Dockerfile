# The image holds one static binary, the certificates to call Stripe with, and
# an empty /data that belongs to the user it runs as.
FROM golang:1.26 AS build
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
# SQLite's files for large sorts.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# DATABASE_URL is not set here, because DATABASE_URL_FILE could then not be
# given: its default, sqlite:./data/checkoutd.db, is in /data from this folder.
WORKDIR /
ENV ADDR=:4242
VOLUME /data
EXPOSE 4242
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/server", "healthcheck"]
ENTRYPOINT ["/server"]
CMD ["serve"]
