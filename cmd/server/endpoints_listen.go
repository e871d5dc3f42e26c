package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/deliveries"
)

func newListen(fs *flag.FlagSet) cli.Action {
	types := fs.String("types", "", "the `types` to receive, comma-separated; all if it is not set")
	var a listenArgs
	a.define(fs)

	return func(ctx context.Context, _ []string, e env) error {
		if err := a.check(); err != nil {
			return err
		}
		return withEndpoints(func(ctx context.Context, open *app.Endpoints, e env) error {
			return listen(ctx, open, splitList(*types), a, e)
		})(ctx, nil, e)
	}
}

// listen receives webhooks on this machine until ctx ends: it adds an endpoint
// for that time, prints what arrives and passes it on. The server must run on
// the same machine, and be allowed to send to it.
func listen(ctx context.Context, open *app.Endpoints, types []string, a listenArgs, e env) (err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}

	made, err := deliveries.NewEndpoint("http://"+listener.Addr().String()+"/", types, open.Networks, time.Now())
	if err == nil {
		err = open.AddEndpoint(ctx, made)
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	defer func() {
		gone := open.RemoveEndpoint(context.WithoutCancel(ctx), made.ID)
		err = errors.Join(err, gone)
	}()

	if _, err := fmt.Fprintf(e.Out, "listening; signing secret of this session: %s\nStop with Ctrl-C.\n\n",
		made.Secrets[0].Value); err != nil {
		return err
	}

	server := &http.Server{
		Handler: &receiver{
			args:     a,
			endpoint: made,
			out:      e.Out,
			client:   &http.Client{Timeout: 14 * time.Second},
		},
		ReadHeaderTimeout: 5 * time.Second,
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()

	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}

	return nil
}

// listenArgs are how listen treats what it receives.
type listenArgs struct {
	forwardTo string
	delay     time.Duration
	duplicate bool
	answer    int
}

func (a *listenArgs) define(fs *flag.FlagSet) {
	fs.StringVar(&a.forwardTo, "forward-to", "", "pass each webhook on to this `URL`")
	fs.DurationVar(&a.delay, "delay", 0, "wait this long before passing on")
	fs.BoolVar(&a.duplicate, "duplicate", false, "pass each webhook on twice")
	fs.IntVar(&a.answer, "answer", 0,
		"answer with this `status` whatever your backend answers: 500 makes the server try again")
}

// check reports a value that would make listen fail at each webhook.
func (a *listenArgs) check() error {
	if a.forwardTo != "" {
		u, err := url.Parse(a.forwardTo)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return cli.Usage("endpoints listen: --forward-to is a URL such as http://localhost:3000/hooks")
		}
	}

	if a.answer != 0 && (a.answer < 200 || a.answer > 599) {
		return cli.Usage("endpoints listen: --answer is a status from 200 to 599")
	}

	return nil
}

// receiver prints webhooks and passes them on.
type receiver struct {
	args     listenArgs
	endpoint deliveries.Endpoint
	client   *http.Client

	mu  sync.Mutex
	out io.Writer
}

// maxForwarded is the limit of a payload in bytes.
const maxForwarded = 1 << 20

// ServeHTTP receives one webhook.
func (h *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForwarded))
	if err == nil {
		err = h.endpoint.Verify(r.Header, body)
	}
	if err != nil {
		http.Error(w, "not signed", http.StatusUnauthorized) // some other program on this machine
		return
	}

	status, note := http.StatusNoContent, ""
	times := 1
	if h.args.duplicate {
		times = 2
	}

	for range times {
		if h.args.forwardTo == "" {
			break
		}
		if status, note, err = h.forward(r, body); err != nil {
			status, note = http.StatusBadGateway, "your backend did not answer"
		}
	}

	if h.args.answer != 0 {
		note += fmt.Sprintf(" (your backend answered %d)", status)
		status = h.args.answer
	}

	h.print(r, body, status, note)
	w.WriteHeader(status)
}

// forward passes a webhook on, with the headers that prove where it comes from.
func (h *receiver) forward(r *http.Request, body []byte) (status int, note string, err error) {
	if h.args.delay > 0 {
		timer := time.NewTimer(h.args.delay)
		defer timer.Stop()

		select {
		case <-timer.C:
		case <-r.Context().Done():
			return 0, "", r.Context().Err()
		}
	}

	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, h.args.forwardTo, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}

	for _, name := range []string{
		"Content-Type", "User-Agent", deliveries.HeaderID, deliveries.HeaderTimestamp, deliveries.HeaderSignature,
	} {
		req.Header.Set(name, r.Header.Get(name))
	}

	res, err := h.client.Do(req)
	if err != nil {
		return 0, "", err
	}

	return res.StatusCode, "", res.Body.Close()
}

// print writes the line about a webhook, and its payload if it is not passed
// on.
func (h *receiver) print(r *http.Request, body []byte, status int, note string) {
	var m struct {
		Type     string
		Sequence int
		Data     struct {
			ID     string
			Status string
		}
	}
	_ = json.Unmarshal(body, &m) // it is signed, so it is ours

	h.mu.Lock()
	defer h.mu.Unlock()

	_, _ = fmt.Fprintf(h.out, "%s  %s  %s  %s #%d  %s  -> %d%s\n", time.Now().Format(time.TimeOnly),
		r.Header.Get(deliveries.HeaderID), m.Type, m.Data.ID, m.Sequence, m.Data.Status, status, note)

	if h.args.forwardTo == "" {
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") == nil {
			_, _ = fmt.Fprintf(h.out, "%s\n\n", pretty.Bytes())
		}
	}
}
