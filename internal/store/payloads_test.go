package store_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/sealed"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/webhooks"
)

// TestSignedBytesComeBack stores payloads of every kind and reads them by every
// way that there is.
func TestSignedBytesComeBack(t *testing.T) {
	t.Parallel()
	noise := make([]byte, webhooks.MaxBody)
	_, _ = rand.Read(noise)
	text, err := os.ReadFile("payloads_1.txt")
	if err != nil {
		t.Fatal(err)
	}

	payloads := map[string][]byte{
		"evt_event":  text[:3000],
		"evt_large":  bytes.Repeat([]byte("{}\n"), webhooks.MaxBody/3),
		"evt_noise":  append([]byte("{"), noise...),
		"evt_spaces": []byte("\r\n\t {\"a\": \"\xff\x00\"}  \n"),
		"evt_short":  []byte(`{}`),
		"evt_none":   {},
	}

	for name, url := range map[string]string{"sqlite": storetest.SQLiteURL(t), "postgres": storetest.PostgresURL(t)} {
		s := openMigrated(t, url)
		for id, payload := range payloads {
			e := webhooks.Event{ID: id, Type: "charge.updated", Source: webhooks.SourceWebhook, Payload: bytes.Clone(payload)}
			if _, err := s.Accept(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}

		now := time.Now().Add(time.Minute)
		claimed, err := s.ClaimEvents(t.Context(), webhooks.LaneOwn, now, now, len(payloads))
		if err != nil || len(claimed) != len(payloads) {
			t.Fatalf("%s: claimed %d, %v", name, len(claimed), err)
		}

		for _, e := range claimed {
			one, err := s.Event(t.Context(), e.ID)
			if err != nil || !bytes.Equal(one.Payload, payloads[e.ID]) || !bytes.Equal(e.Payload, payloads[e.ID]) {
				t.Errorf("%s: %s: %d bytes claimed and %d read, %v; want the %d of its sender",
					name, e.ID, len(e.Payload), len(one.Payload), err, len(payloads[e.ID]))
			}
		}
	}
}

// TestPayloadsAreSmall stores an event of 2.8 KB in less than 600 bytes.
func TestPayloadsAreSmall(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("testdata/payment_intent.succeeded.json")
	if err != nil {
		t.Fatal(err)
	}

	packed := store.Pack(sample)
	if len(sample) < 2800 || len(packed) > 600 {
		t.Errorf("%d bytes became %d", len(sample), len(packed))
	}

	plain, err := store.Unpack(packed)
	if err != nil || !bytes.Equal(plain, sample) {
		t.Errorf("it came back as %d bytes, %v", len(plain), err)
	}

	for _, damaged := range [][]byte{packed[:len(packed)/2], append([]byte{packed[0]}, "{}"...)} {
		if _, err := store.Unpack(damaged); !errors.Is(err, sealed.ErrTampered) {
			t.Errorf("a damaged payload: %v", err)
		}
	}

	if old, err := store.Unpack(sample); err != nil || !bytes.Equal(old, sample) {
		t.Errorf("a payload of an earlier release: %v", err)
	}
}

// TestDictionariesStay keeps events readable that are stored already.
func TestDictionariesStay(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("payloads_1.txt")
	if err != nil {
		t.Fatal(err)
	}

	const want = "af00121a63f66d1c667925963de07aa34fd11d99d9e23755305b072d5e18206a"
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != want {
		t.Errorf("payloads_1.txt was changed (%x): nobody can read what was stored with it. "+
			"Put it back, and add another file", sum)
	}
	if strings.Contains(string(text), "\r") {
		t.Error("payloads_1.txt has other line ends than it was made with")
	}
}
