package httpserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/rs/zerolog"
)

// acmeProtocol is the protocol of the handshakes by which a CA looks at a
// server (https://www.rfc-editor.org/rfc/rfc8737#section-4). net/http ends such
// a connection after the handshake.
const acmeProtocol = "acme-tls/1"

// tlsConfig returns the settings of TLS: version 1.2 or later with the cipher
// suites that Go chooses. Nil for plain http.
func (c Config) tlsConfig() *tls.Config {
	if c.Certificate == nil {
		return nil
	}
	return &tls.Config{
		GetCertificate: c.Certificate,
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1", acmeProtocol},
	}
}

// http2Config bounds what one connection of HTTP/2 may hold. Bodies are small,
// so that the least buffer is enough, and a browser waits with what is over the
// number of streams.
func http2Config() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          50,
		MaxReadFrameSize:              16 << 10,
		MaxReceiveBufferPerConnection: 64 << 10,
		MaxReceiveBufferPerStream:     64 << 10,
	}
}

// ExplainListen says what to do about an address that cannot be opened.
func ExplainListen(addr string, err error) error {
	_, port, _ := net.SplitHostPort(addr)

	switch {
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen on %s: this user may not open port %s. Choose a port from 1024 on and forward "+
			"port %s to it, or allow it: setcap cap_net_bind_service=+ep on this program, "+
			"AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd unit: %w", addr, port, port, err)

	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: the address is in use by another program. Stop that, or choose another "+
			"port: %w", addr, err)
	}

	return fmt.Errorf("listen on %s: %w", addr, err)
}

// errorLog writes the errors of net/http, mostly about broken clients, to the
// log. Failed handshakes are for debugging only: every scanner makes them.
type errorLog struct{ log zerolog.Logger }

func (l errorLog) Write(p []byte) (int, error) {
	text, level := strings.TrimSpace(string(p)), zerolog.WarnLevel
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = zerolog.DebugLevel
	}

	l.log.WithLevel(level).Str("cause", text).Msg("http server error")
	return len(p), nil
}
