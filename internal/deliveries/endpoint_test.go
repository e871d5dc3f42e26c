package deliveries_test

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/payments"
)

// The vector of the reference libraries:
// https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
func TestSignature(t *testing.T) {
	t.Parallel()
	at := time.Unix(1614265330, 0)
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	known := deliveries.Secret{Value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

	got, err := deliveries.Sign([]deliveries.Secret{known}, id, at, []byte(body))
	if err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}

	other := deliveries.Secret{Value: deliveries.NewSecret()}
	got, err = deliveries.Sign([]deliveries.Secret{other, known}, id, at, []byte(body))
	if first, second, ok := strings.Cut(got, " "); err != nil || !ok || second != want || first == want {
		t.Errorf("two secrets sign as %s, %v", got, err)
	}
}

func TestWeakSecretsAreRefused(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_" + strings.Repeat("QUJD", 30),
	} {
		err := deliveries.CheckSecret(secret)
		if err == nil || len(secret) > 7 && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", secret, err)
		}
		if _, err := deliveries.Sign([]deliveries.Secret{{Value: secret}}, "eff_1", time.Now(), nil); err == nil {
			t.Errorf("%q signs", secret)
		}
	}

	if _, err := deliveries.Sign(nil, "eff_1", time.Now(), nil); err == nil {
		t.Error("no secret signs")
	}
	if a, b := deliveries.NewSecret(), deliveries.NewSecret(); a == b || deliveries.CheckSecret(a) != nil {
		t.Errorf("a new secret is %s", a)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		types string
		valid bool
		wants map[string]bool
	}{
		{"", true, map[string]bool{payments.EffectPaid: true, payments.EffectEnded: true}},
		{"order.paid", true, map[string]bool{payments.EffectPaid: true, payments.EffectRefunded: false}},
		{"order.*,subscription.renewed", true, map[string]bool{
			payments.EffectRefunded: true, payments.EffectRenewed: true, payments.EffectPastDue: false,
		}},
		{"order.pa*", false, nil},
		{"*", false, nil},
		{"order", false, nil},
		{"order.payed", false, nil},
	} {
		var e deliveries.Endpoint
		if tt.types != "" {
			e.Types = strings.Split(tt.types, ",")
		}
		if err := deliveries.CheckTypes(e.Types); (err == nil) != tt.valid {
			t.Errorf("%q: %v", tt.types, err)
		}

		for kind, want := range tt.wants {
			e.State = deliveries.Enabled
			if e.Wants(kind) != want {
				t.Errorf("%q wants %s: %t", tt.types, kind, !want)
			}
			if e.Disable("test"); e.Wants(kind) {
				t.Errorf("a disabled endpoint wants %s", kind)
			}
		}
	}
}

func TestRotatedSecretSignsForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	e := deliveries.Endpoint{Secrets: []deliveries.Secret{{Value: "a"}}}
	if err := e.Rotate("b", now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := e.Rotate("c", now.Add(time.Minute), now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}

	for after, want := range map[time.Duration]string{
		2 * time.Minute: "c b a", time.Hour: "c b", 2 * time.Hour: "c", 1000 * time.Hour: "c",
	} {
		var got []string
		for _, s := range e.Signing(now.Add(after)) {
			got = append(got, s.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("after %s: %v, want %s", after, got, want)
		}
	}

	configured := deliveries.Endpoint{Source: deliveries.FromConfiguration}
	if err := configured.Rotate("b", now, now); err == nil {
		t.Error("a configured secret is rotated")
	}
}

// Tries go on for three days, with a last one at their end.
func TestTriesEndAfterThreeDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	d := deliveries.Delivery{BeganAt: now}
	for ; ; d.Tries++ {
		at, ok := d.Next(now, 0)
		if !ok {
			break
		}
		if !at.After(now) || at.Sub(now) > 8*time.Hour {
			t.Fatalf("try %d is followed by one after %s", d.Tries, at.Sub(now))
		}
		now = at
	}
	if took := now.Sub(d.BeganAt); took != 72*time.Hour || d.Tries < 15 || d.Tries > 40 {
		t.Errorf("%d tries in %s", d.Tries, took)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	d := deliveries.Delivery{BeganAt: now, Tries: 1}
	if at, ok := d.Next(now, time.Hour); !ok || !at.Equal(now.Add(time.Hour)) {
		t.Errorf("got %s, %t", at, ok)
	}
	if at, ok := d.Next(now, 1000*time.Hour); !ok || !at.Equal(now.Add(72*time.Hour)) {
		t.Errorf("got %s, %t; want the last try", at, ok)
	}
}
