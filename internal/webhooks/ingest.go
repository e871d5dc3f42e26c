package webhooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// maxBody bounds an event, in bytes. Stripe's are a few kilobytes; an object with many
// expanded or listed members can be some hundred.
const maxBody = 1 << 20

// usualBody bounds what is set aside for a body before it has come.
const usualBody = 16 << 10

// secret is a signing secret with the name under which it is recorded.
type secret struct {
	value       string
	fingerprint string // first 8 hex digits of its SHA-256
}

func newSecrets(values []string) []secret {
	list := make([]secret, 0, len(values))
	for _, v := range values {
		sum := sha256.Sum256([]byte(v))
		list = append(list, secret{value: v, fingerprint: hex.EncodeToString(sum[:4])})
	}
	return list
}

// The reasons for which a request is refused and counted.
const (
	rejectSignature = "bad_signature"
	rejectStale     = "stale_timestamp"
	rejectEnvelope  = "bad_envelope"
	rejectTooLarge  = "body_too_large"
)

// ServeHTTP is POST /webhooks/stripe. It answers 200 only when the event is
// durable, whether it is new or known.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	payload, err := readBody(w, r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			s.rejected.add(rejectTooLarge, 1)
			return httpio.TooLarge(err, tooLarge.Limit)
		}
		return fault.Wrap(err, fault.Malformed, "body_unreadable", "The request body could not be read to its end.")
	}
	matched, err := s.verify(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		return err
	}
	e, err := s.envelope(payload)
	if err != nil {
		s.rejected.add(rejectEnvelope, 1)
		return fault.Wrap(err, fault.Malformed, rejectEnvelope, "The signed body is not an event.")
	}
	e.Source, e.Secret = SourceWebhook, matched.fingerprint
	isNew, err := s.Inbox.Accept(r.Context(), e)
	if err != nil {
		return err
	}
	s.runner.Wake()
	log := httpio.LogFields(r.Context())
	log.Set("event_id", e.ID)
	log.Set("event_type", e.Type)
	if !isNew {
		log.Set("duplicate", "true")
	}
	return httpio.WriteJSON(w, http.StatusOK, struct {
		Received bool `json:"received"`
	}{true})
}

// readBody reads the body into a buffer that fits what an honest sender announced.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	return buf.Bytes(), err
}

// verify checks the signature over the exact bytes against every secret
// (https://docs.stripe.com/webhooks#verify-official-libraries).
func (s *Service) verify(payload []byte, header string) (secret, error) {
	for _, sec := range s.secrets {
		if webhook.ValidatePayloadIgnoringTolerance(payload, header, sec.value) != nil {
			continue
		}
		if s.Now().Sub(signedAt(header)) > s.Tolerance {
			s.rejected.add(rejectStale, 1)
			return secret{}, fault.New(fault.Malformed, rejectStale, "The signature's timestamp is too old.")
		}
		return sec, nil
	}
	s.rejected.add(rejectSignature, 1)
	return secret{}, fault.New(fault.Malformed, rejectSignature, "The signature does not match this body.")
}

// signedAt is the timestamp of a signature header that was verified. The last one
// counts, as it did for the signature.
func signedAt(header string) (at time.Time) {
	for pair := range strings.SplitSeq(header, ",") {
		if text, ok := strings.CutPrefix(pair, "t="); ok {
			seconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return time.Time{}
			}
			at = time.Unix(seconds, 0)
		}
	}
	return at
}

var (
	eventIDPattern   = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,200}$`)
	eventTypePattern = regexp.MustCompile(`^[a-z0-9_.]{1,100}$`)
)

// envelope reads what the inbox needs and leaves the object to the worker.
func (s *Service) envelope(payload []byte) (Event, error) {
	var v struct {
		ID         string `json:"id"`
		Object     string `json:"object"`
		Type       string `json:"type"`
		Account    string `json:"account"`
		APIVersion string `json:"api_version"`
		Created    int64  `json:"created"`
		Livemode   bool   `json:"livemode"`
		Data       struct {
			Object related `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(payload, &v); err != nil {
		return Event{}, fmt.Errorf("webhooks: %w", err)
	}
	if v.Object != "event" || !eventIDPattern.MatchString(v.ID) || !eventTypePattern.MatchString(v.Type) {
		return Event{}, errors.New("webhooks: id, type or object is not an event's")
	}
	now := s.Now()
	e := Event{
		ID: v.ID, Type: v.Type, Account: clip(v.Account), APIVersion: clip(v.APIVersion),
		VersionMismatch: train(v.APIVersion) != train(stripe.APIVersion),
		Livemode:        v.Livemode, Created: time.Unix(v.Created, 0).UTC(),
		Group: clip(v.Data.Object.group()), Payload: payload,
		State: Received, NextAt: now, ReceivedAt: now,
	}
	if e.Group == "" {
		e.Group = e.ID
	}
	if note := s.apart(&e); note != "" {
		e.State, e.Note = Quarantined, note
	}
	return e, nil
}

// apart says why an event must not touch our orders, or "".
func (s *Service) apart(e *Event) string {
	switch {
	case e.Livemode != s.Livemode:
		return fmt.Sprintf("its livemode is %t, ours is %t", e.Livemode, s.Livemode)
	case e.Account != "":
		return "it is of a connected account that we do not know"
	}
	return ""
}

// clip bounds a string that only a broken or hostile sender makes long.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 255)], "") }

// train is the release train of an API version: "acacia" of "2025-02-24.acacia". Versions
// of one train have the same object shapes (https://docs.stripe.com/api/versioning).
func train(version string) string {
	_, t, _ := strings.Cut(version, ".")
	return t
}
