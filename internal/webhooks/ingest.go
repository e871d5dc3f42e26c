package webhooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks/envelope"
)

// MaxBody bounds an event, in bytes. Most of Stripe's have 2 to 8 KB. The
// largest hold the first ten lines of an invoice, each with metadata of up to
// 50 keys (https://docs.stripe.com/api/metadata). An event above the limit
// still arrives by the backfill.
const MaxBody = 256 << 10

// maxSeconds bounds a signature's timestamp: above it, time.Unix overflows
// sooner or later.
const maxSeconds = 1 << 40

// fingerprint returns the name under which a signing secret is recorded: the
// first 8 hex digits of its SHA-256.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}

// ServeHTTP handles POST /webhooks/stripe. It answers 200 only when the event
// is durable, whether it is new or a duplicate.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	header := r.Header.Get("Stripe-Signature")
	if err := s.checkHeader(header); err != nil {
		return err
	}

	payload, err := readBody(w, r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			s.rejected.add(rejectTooLarge, 1)
			return httpio.TooLarge(err, tooLarge.Limit)
		}
		return fault.Wrap(err, fault.Malformed, "body_unreadable", "The request body could not be read completely.")
	}

	// Nothing of the body is read before its signature is known to be good.
	matched, err := s.verify(payload, header)
	if err != nil {
		return err
	}

	e, ref, thin, err := s.read(payload)
	if err != nil {
		s.rejected.add(rejectEnvelope, 1)
		return fault.Wrap(err, fault.Malformed, rejectEnvelope, "The signed body is not a Stripe event.")
	}

	e.Source, e.Secret = SourceWebhook, fingerprint(matched)

	isNew, err := s.accept(r.Context(), e, ref)
	if err != nil {
		return err
	}

	log := httpio.LogFields(r.Context())
	log.Set("event_id", e.ID)
	log.Set("event_type", e.Type)

	if !isNew {
		log.Set("duplicate", "true")
	}

	return httpio.WriteJSON(w, http.StatusOK, received(&e, thin))
}

// acknowledgement is the answer to Stripe, which shows it in the Dashboard.
type acknowledgement struct {
	Received bool   `json:"received"`
	Status   string `json:"status,omitempty"`
	Message  string `json:"message,omitempty"`
}

func received(e *Event, thin bool) acknowledgement {
	if !thin {
		return acknowledgement{Received: true}
	}
	return acknowledgement{Received: true, Status: string(e.State), Message: e.Note}
}

// readBody reads the body into a buffer of the announced length, which never
// grows. The server makes room for that many bytes at the first read, so the
// buffer is allocated after it.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, MaxBody)
	first := make([]byte, bytes.MinRead)
	n, err := body.Read(first)

	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), MaxBody)) + bytes.MinRead)
	buf.Write(first[:n])

	if err == nil {
		_, err = buf.ReadFrom(body)
	}

	if errors.Is(err, io.EOF) {
		err = nil
	}

	return buf.Bytes(), err
}

// checkHeader refuses what cannot be a signature of now, whatever the body is.
// So nobody can make the server hold a body without at least looking like
// Stripe.
func (s *Service) checkHeader(header string) error {
	signedAt, ok := parseSignature(header)
	if !ok {
		return s.reject(rejectSignature, "The Stripe-Signature header holds no signature.")
	}
	return s.checkTime(signedAt)
}

// parseSignature reads a Stripe-Signature header, t=<seconds>,v1=<hex>,…: when
// it was signed, and whether it has a signature of the current scheme. The last
// t counts, as it does for Stripe's library.
func parseSignature(header string) (signedAt time.Time, ok bool) {
	var dated, signed bool
	for pair := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "t":
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil || seconds < 0 || seconds > maxSeconds {
				return time.Time{}, false
			}

			signedAt, dated = time.Unix(seconds, 0), true

		case "v1":
			mac, err := hex.DecodeString(value)
			signed = signed || err == nil && len(mac) == sha256.Size
		}
	}

	return signedAt, dated && signed
}

// checkTime refuses signatures that are old, which could be replayed, and those
// from the future, which could be replayed for longer than the tolerance.
func (s *Service) checkTime(signedAt time.Time) error {
	age := s.cfg.Now().Sub(signedAt)
	switch {
	case age > s.cfg.Tolerance:
		return s.reject(rejectStale, "The signature's timestamp is too old.")
	case -age > s.cfg.Tolerance:
		return s.reject(rejectFuture, "The signature's timestamp is in the future.")
	default:
		return nil
	}
}

// reject counts a refused request and returns the error for it.
func (s *Service) reject(reason, message string) error {
	s.rejected.add(reason, 1)
	return fault.New(fault.Malformed, reason, message)
}

// verify checks the signature of the exact bytes against every secret and
// returns the one that matched
// (https://docs.stripe.com/webhooks#verify-official-libraries).
func (s *Service) verify(payload []byte, header string) (secret string, err error) {
	for _, secret := range s.cfg.Secrets() {
		if signedAt, err := s.cfg.Stripe.Verify(payload, header, secret); err == nil {
			return secret, s.checkTime(signedAt)
		}
	}

	return "", s.reject(rejectSignature, "The signature does not match this body.")
}

var (
	eventIDPattern   = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,200}$`)
	eventTypePattern = regexp.MustCompile(`^[a-z0-9_.]{1,100}$`)
)

// errOtherShape means that a member of an event is not what it is in an event
// of API v1.
var errOtherShape = errors.New("a member has another type than in Stripe's events")

// read returns the event of a payload, in its first state, and what its object
// refers to. thin means that it is one of API v2, which has no object.
func (s *Service) read(payload []byte) (e Event, ref payments.Ref, thin bool, err error) {
	v, err := envelope.Read(payload)
	if err != nil {
		return Event{}, payments.Ref{}, false, err
	}

	if e, thin = s.thinEvent(&v, payload); !thin {
		e, ref, err = s.snapshotEvent(&v, payload)
	}

	return e, ref, thin, err
}

// snapshotEvent returns the event of a payload that is one of API v1. Of the
// object it has only the names: the rest is left to the worker.
func (s *Service) snapshotEvent(v *envelope.Event, payload []byte) (Event, payments.Ref, error) {
	if !v.IsSnapshot() {
		return Event{}, payments.Ref{}, fmt.Errorf("webhooks: %w", errOtherShape)
	}
	if v.Object != "event" || !eventIDPattern.MatchString(v.ID) || !eventTypePattern.MatchString(v.Type) {
		return Event{}, payments.Ref{}, errors.New("webhooks: id, type or object is not that of an event")
	}

	now := s.cfg.Now()
	e := Event{
		ID:              v.ID,
		Type:            v.Type,
		Account:         clip(v.Account),
		APIVersion:      clip(v.APIVersion),
		VersionMismatch: releaseTrain(v.APIVersion) != releaseTrain(s.cfg.Stripe.APIVersion()),
		Livemode:        v.Livemode,
		Created:         time.Unix(v.Created, 0).UTC(),
		Group:           clip(groupOf(v.Type, v.Account, &v.Data)),
		Payload:         payload,
		State:           Received,
		NextAt:          now,
		ReceivedAt:      now,
	}
	if e.Group == "" {
		e.Group = e.ID
	}

	if state, note := s.refusal(&e); note != "" {
		e.State, e.Note = state, note
	}

	ref := routeOf(v.Type).refer(&v.Data)
	ref.Account = e.Account

	return e, ref, nil
}

// refusal returns the state of an event that must not touch our orders, and
// why; "" if it may.
func (s *Service) refusal(e *Event) (State, string) {
	switch {
	case e.Account != "" && s.cfg.Livemode && !e.Livemode:
		// Nobody has to look at it: https://docs.stripe.com/connect/webhooks
		// says that live endpoints get these.
		return Ignored, "it is a test event of a connected account, which live endpoints get, too"
	case e.Livemode != s.cfg.Livemode:
		return Quarantined, fmt.Sprintf("its livemode is %t, this server's is %t", e.Livemode, s.cfg.Livemode)
	case e.Account != "" && !s.cfg.Connect:
		return Quarantined, "it belongs to a connected account, which this server does not serve"
	}
	return "", ""
}

// clip bounds a string that only a broken or hostile sender makes long.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 255)], "") }

// releaseTrain returns the release train of an API version: "acacia" for
// "2025-02-24.acacia". Versions of one train have the same object shapes
// (https://docs.stripe.com/api/versioning).
func releaseTrain(version string) string {
	_, train, _ := strings.Cut(version, ".")
	return train
}
