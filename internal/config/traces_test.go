package config_test

import (
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestTracesRefusals(t *testing.T) {
	t.Parallel()
	const on = "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"
	checkRefusals(t, map[string]refusal{
		"no address": {
			environ: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318"},
			want:    "OTEL_EXPORTER_OTLP_ENDPOINT is not a web address",
		},
		"a password in the address": {
			environ: []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://a:s3cret@collector.example/v1/traces"},
			want:    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT contains a user name",
		},
		"another protocol": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc"},
			want:    `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "grpc". Use one of: http/protobuf`,
		},
		"a header without a value": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_HEADERS=s3cret"},
			want:    "OTEL_EXPORTER_OTLP_HEADERS is not a list like name=value",
		},
		"seconds": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_TIMEOUT=10s"},
			want:    `OTEL_EXPORTER_OTLP_TIMEOUT is "10s"`,
		},
		"an unknown compression": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_COMPRESSION=zstd"},
			want:    `OTEL_EXPORTER_OTLP_COMPRESSION is "zstd"`,
		},
		"a file without certificates": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_CERTIFICATE=/ca.pem"},
			want:    "OTEL_EXPORTER_OTLP_CERTIFICATE names a file without certificates",
		},
		"a certificate without its key": {
			environ: []string{on, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/client.pem"},
			want:    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY do not name",
		},
		"an unknown sampler": {
			environ: []string{on, "OTEL_TRACES_SAMPLER=jaeger_remote"},
			want:    `OTEL_TRACES_SAMPLER is "jaeger_remote"`,
		},
		"more than everything": {
			environ: []string{on, "OTEL_TRACES_SAMPLER_ARG=1.5"},
			want:    `OTEL_TRACES_SAMPLER_ARG is "1.5"`,
		},
		"attributes that are no list": {
			environ: []string{on, "OTEL_RESOURCE_ATTRIBUTES=live"},
			want:    "OTEL_RESOURCE_ATTRIBUTES is not a list",
		},
	})
}

func TestTraces(t *testing.T) {
	t.Parallel()
	const on = "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318/otlp/"

	for name, tt := range map[string]struct {
		environ []string
		want    string
	}{
		"off by default":              {nil, ""},
		"below the endpoint":          {[]string{on}, "http://collector:4318/otlp/v1/traces"},
		"the address of traces":       {[]string{on, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://t.example/x"}, "https://t.example/x"},
		"off although it is set":      {[]string{on, "OTEL_SDK_DISABLED=true"}, ""},
		"off by the exporter":         {[]string{on, "OTEL_TRACES_EXPORTER=none"}, ""},
		"only that of traces":         {[]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1/"}, "http://t:1/"},
		"wrong values, but it is off": {[]string{"OTEL_EXPORTER_OTLP_CERTIFICATE=/none", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, ""},
	} {
		if got := load(t, config.Sandbox, tt.environ, nil).TracesURL; got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}

	c := load(t, config.Sandbox, []string{on, "OTEL_EXPORTER_OTLP_HEADERS=a=1", "OTEL_EXPORTER_OTLP_TIMEOUT=7",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS=authorization=Bearer%20s3cret, x=y"}, nil)
	if got := c.HeadersOfTraces(); len(got) != 2 || got["authorization"] != "Bearer s3cret" || got["x"] != "y" {
		t.Errorf("got the headers %v", got)
	}
	if got := c.TracesTimeout.String(); got != "7ms" {
		t.Errorf("got the timeout %s", got)
	}
	if strings.Contains(c.String(), "s3cret") {
		t.Error("the settings show a header")
	}
}
