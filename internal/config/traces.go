package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Traces is where traces go, and which. The names of its options, and their
// meaning, are OpenTelemetry's own:
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
type Traces struct {
	TracesURL        string // "" for no traces
	TracesHeaders    Secret // NAME=VALUE, separated by commas; see HeadersOfTraces
	TracesTimeout    time.Duration
	TracesGzip       bool
	TracesTLS        *tls.Config `json:"-"` // nil: there are no traces
	TracesService    string
	TracesAttributes map[string]string // of the service
	TracesSampler    string
	TracesRatio      float64 // that a sampler by ratio keeps

	tracesCA, tracesCertificate, tracesKey string // paths
	tracesOff                              bool
	tracesWrong                            []wrongValue
}

// wrongValue is a value that only matters if there are traces.
type wrongValue struct {
	name string
	err  error
}

// The beginnings of the names of options that are about traces alone, or about
// everything that is sent by OTLP.
const (
	otlpAll    = "OTEL_EXPORTER_OTLP_"
	otlpTraces = "OTEL_EXPORTER_OTLP_TRACES_"
)

func tracesSection() section {
	options := []option{
		{
			name: otlpAll + "ENDPOINT",
			help: "The address of a collector that takes OTLP over http, such as http://localhost:4318: traces go to " +
				"/v1/traces below it. Empty: there are no traces. See docs/operations.md.",
			modes: checkoutModes,
			read: orEmpty(func(c *Config, s string) error {
				u, err := parseCollector(s)
				if err == nil {
					c.TracesURL = u.JoinPath("v1/traces").String()
				}
				return err
			}),
		},
		{
			name:  otlpTraces + "ENDPOINT",
			help:  "The whole address that takes traces. It takes precedence.",
			modes: checkoutModes,
			read: orEmpty(func(c *Config, s string) error {
				u, err := parseCollector(s)
				if err == nil {
					c.TracesURL = u.String()
				}
				return err
			}),
		},
	}

	for _, o := range exporterOptions() {
		options = append(options, ifTraced(o), ifTraced(forTraces(o)))
	}
	for _, o := range sdkOptions() {
		options = append(options, ifTraced(o))
	}

	return section{title: "Traces", finish: (*loading).finishTraces, options: options}
}

// ifTraced makes a wrong value a problem only if there are traces: a variable
// that is meant for other programs of this machine must not stop this one. A
// wrong secret always is one.
func ifTraced(o option) option {
	if o.redact != nil {
		return o
	}

	read := o.read
	o.read = func(c *Config, s string) error {
		if err := read(c, s); err != nil {
			c.tracesWrong = append(c.tracesWrong, wrongValue{o.name, err})
		}
		return nil
	}
	return o
}

// forTraces returns the option of the same meaning that is about traces alone,
// and takes precedence.
func forTraces(o option) option {
	of := o.name
	o.name = otlpTraces + strings.TrimPrefix(of, otlpAll)
	o.def = ""
	o.help = "Like " + of + ", for traces alone. It takes precedence."
	o.read = orEmpty(o.read)
	return o
}

// exporterOptions are about how spans are sent.
func exporterOptions() []option {
	return []option{
		{
			name:   otlpAll + "HEADERS",
			file:   true,
			redact: redactAll,
			help: "Headers for the collector, such as authorization=Bearer%20abc, separated by commas. Values are " +
				"URL-encoded.",
			modes: checkoutModes,
			read: orEmpty(func(c *Config, s string) error {
				c.TracesHeaders = Secret(s)
				_, err := pairs(s)
				return err
			}),
		},
		{
			name:  otlpAll + "TIMEOUT",
			def:   "10000",
			help:  "How long the collector may take for a batch, 1 to 60000 milliseconds.",
			modes: checkoutModes,
			read: func(c *Config, s string) error {
				n, err := strconv.Atoi(s)
				if err != nil || n < 1 || n > 60_000 {
					return fmt.Errorf("is %q. Use a number of milliseconds from 1 to 60000", s)
				}

				c.TracesTimeout = time.Duration(n) * time.Millisecond
				return nil
			},
		},
		{
			name:  otlpAll + "COMPRESSION",
			def:   "none",
			help:  "none or gzip.",
			modes: checkoutModes,
			read: func(c *Config, s string) error {
				c.TracesGzip = s == "gzip"
				return oneOf(func(*Config) *string { return new(string) }, "none", "gzip")(c, s)
			},
		},
		{
			name:  otlpAll + "PROTOCOL",
			def:   "http/protobuf",
			help:  "http/protobuf, which every collector takes, at port 4318 as a rule. checkoutd speaks no grpc.",
			modes: checkoutModes,
			read:  oneOf(func(*Config) *string { return new(string) }, "http/protobuf"),
		},
		{
			name:  otlpAll + "CERTIFICATE",
			help:  "A file in PEM with the certificates by which the collector is trusted, instead of the system's.",
			modes: checkoutModes,
			read:  text(func(c *Config) *string { return &c.tracesCA }),
		},
		{
			name:  otlpAll + "CLIENT_CERTIFICATE",
			help:  "A file in PEM with the certificate by which the collector recognizes checkoutd.",
			modes: checkoutModes,
			read:  text(func(c *Config) *string { return &c.tracesCertificate }),
		},
		{
			name:  otlpAll + "CLIENT_KEY",
			help:  "A file in PEM with the key of that certificate.",
			modes: checkoutModes,
			read:  text(func(c *Config) *string { return &c.tracesKey }),
		},
	}
}

// sdkOptions are about what is sent.
func sdkOptions() []option {
	return []option{
		{
			name:  "OTEL_SERVICE_NAME",
			def:   "checkoutd",
			help:  "The name of this server in traces.",
			modes: checkoutModes,
			read:  text(func(c *Config) *string { return &c.TracesService }),
		},
		{
			name: "OTEL_RESOURCE_ATTRIBUTES",
			help: "What else the traces say of this server, such as deployment.environment.name=live. A list like " +
				"that of " + otlpAll + "HEADERS.",
			modes: checkoutModes,
			read: orEmpty(func(c *Config, s string) (err error) {
				c.TracesAttributes, err = pairs(s)
				return err
			}),
		},
		{
			name: "OTEL_TRACES_SAMPLER",
			def:  "parentbased_always_on",
			help: "Which purchases are traced: always_on, always_off, traceidratio, or one of them after " +
				"parentbased_, which follows the shop's backend where that sent a traceparent, so that a trace is " +
				"complete.",
			modes: checkoutModes,
			read: oneOf(func(c *Config) *string { return &c.TracesSampler },
				"always_on", "always_off", "traceidratio",
				"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
		},
		{
			name:  "OTEL_TRACES_SAMPLER_ARG",
			def:   "1",
			help:  "The part that a sampler with traceidratio keeps, 0 to 1.",
			modes: checkoutModes,
			read: func(c *Config, s string) error {
				f, err := strconv.ParseFloat(s, 64)
				if err != nil || !(f >= 0 && f <= 1) {
					return fmt.Errorf("is %q. Use a number from 0 to 1", s)
				}

				c.TracesRatio = f
				return nil
			},
		},
		{
			name:  "OTEL_TRACES_EXPORTER",
			def:   "otlp",
			help:  "otlp, or none for no traces.",
			modes: checkoutModes,
			read: func(c *Config, s string) error {
				c.tracesOff = c.tracesOff || s == "none"
				return oneOf(func(*Config) *string { return new(string) }, "otlp", "none")(c, s)
			},
		},
		{
			name:  "OTEL_SDK_DISABLED",
			def:   "false",
			help:  "true: there are no traces, whatever else is set.",
			modes: checkoutModes,
			read: func(c *Config, s string) error {
				disabled := false
				err := boolean(func(*Config) *bool { return &disabled })(c, s)
				c.tracesOff = c.tracesOff || disabled
				return err
			},
		},
	}
}

// parseCollector reads the address of a collector.
func parseCollector(s string) (*url.URL, error) {
	u, err := parseWebURL(s)
	if err != nil {
		return nil, fmt.Errorf("%w. A password belongs into %sHEADERS", err, otlpAll)
	}
	if u.RawQuery != "" {
		return nil, fmt.Errorf("has a query. What authorizes you belongs into %sHEADERS", otlpAll)
	}
	return u, nil
}

// pairs reads NAME=VALUE, separated by commas, whose values are URL-encoded, as
// W3C's Baggage has them. Its error does not repeat what may be a secret.
func pairs(s string) (map[string]string, error) {
	m := map[string]string{}
	for _, pair := range splitList(s) {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		name = strings.TrimSpace(name)
		if !ok || err != nil || name == "" || strings.ContainsAny(name, " \t\"") || strings.ContainsAny(value, "\r\n") {
			return nil, errors.New("is not a list like name=value,name=value, with URL-encoded values")
		}
		m[name] = value
	}
	return m, nil
}

// HeadersOfTraces returns the headers for the collector, which are secrets.
func (t *Traces) HeadersOfTraces() map[string]string {
	m, _ := pairs(t.TracesHeaders.Reveal()) // it was read before
	return m
}

// finishTraces checks the options if there are traces, and reads the
// certificates for the collector.
func (l *loading) finishTraces() {
	c := l.config
	if c.tracesOff {
		c.TracesURL = ""
	}
	if c.TracesURL == "" {
		return
	}

	for _, w := range c.tracesWrong {
		l.problem(w.name, "%s", w.err)
	}

	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.tracesCA != "" {
		pem, err := l.sources.readFile(c.tracesCA)
		if conf.RootCAs = x509.NewCertPool(); err != nil || !conf.RootCAs.AppendCertsFromPEM(pem) {
			l.problem(otlpAll+"CERTIFICATE", "names a file without certificates in PEM, or that cannot be read")
		}
	}

	if c.tracesCertificate != "" || c.tracesKey != "" {
		certificate, err := l.sources.readFile(c.tracesCertificate)
		key, keyErr := l.sources.readFile(c.tracesKey)
		pair, pairErr := tls.X509KeyPair(certificate, key)
		if errors.Join(err, keyErr, pairErr) != nil {
			l.problem(otlpAll+"CLIENT_CERTIFICATE", "and %sCLIENT_KEY do not name the files of a certificate and "+
				"its key in PEM, both without a password", otlpAll)
		}
		conf.Certificates = []tls.Certificate{pair}
	}

	c.TracesTLS = conf
}
