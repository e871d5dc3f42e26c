package sealed_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"checkoutd/internal/sealed"
)

func ring(t *testing.T, keys ...byte) *sealed.Ring {
	t.Helper()
	var list [][]byte
	for _, k := range keys {
		list = append(list, bytes.Repeat([]byte{k}, sealed.KeySize))
	}

	r, err := sealed.NewRing(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const where, plain = "intents.client_secret/pi_1", "pi_1_secret_x"

func TestSealedValueOpensAndShowsNothing(t *testing.T) {
	t.Parallel()
	r := ring(t, 1)
	value, again := r.SealText(where, plain), r.SealText(where, plain)

	if strings.Contains(value, "secret") || value == again {
		t.Errorf("sealed as %q and %q; want two values that show nothing", value, again)
	}
	if got, err := r.OpenText(where, value); got != plain || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	if got, err := r.Open(where, r.Seal(where, []byte{0, 1})); !bytes.Equal(got, []byte{0, 1}) || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
}

func TestChangedValueDoesNotOpen(t *testing.T) {
	t.Parallel()
	r := ring(t, 1)
	value := r.Seal(where, []byte(plain))

	for i := sealed.HeadSize; i < len(value); i++ {
		changed := bytes.Clone(value)
		changed[i] ^= 1
		if _, err := r.Open(where, changed); !errors.Is(err, sealed.ErrTampered) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := r.Open(where, value[:i]); !errors.Is(err, sealed.ErrTampered) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}

	if _, err := r.Open("intents.client_secret/pi_2", value); !errors.Is(err, sealed.ErrTampered) {
		t.Errorf("in another row: %v", err)
	}
	if _, err := r.OpenText(where, r.SealText(where, plain)+"!"); !errors.Is(err, sealed.ErrTampered) {
		t.Errorf("no base64: %v", err)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	former, both, next := ring(t, 1), ring(t, 2, 1), ring(t, 2)
	value := former.SealText(where, plain)

	if got, err := both.OpenText(where, value); got != plain || err != nil {
		t.Errorf("with both keys: %q, %v", got, err)
	}
	if both.IsCurrent([]byte(value)) || !former.IsCurrent([]byte(value)) {
		t.Error("a value under the second key counts as current, or one under the first does not")
	}
	if got, err := next.OpenText(where, both.SealText(where, plain)); got != plain || err != nil {
		t.Errorf("with the new key alone: %q, %v", got, err)
	}

	for name, r := range map[string]*sealed.Ring{"another key": next, "no key": ring(t), "no ring": nil} {
		got, err := r.OpenText(where, value)
		if got != "" || !errors.Is(err, sealed.ErrNoKey) || !strings.Contains(err.Error(), former.KeyIDs()[0]) {
			t.Errorf("%s: %q, %v; want the missing key's ID", name, got, err)
		}
	}
}

func TestValuesInClear(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*sealed.Ring{"keys": ring(t, 1), "no key": ring(t), "no ring": nil} {
		for _, value := range []string{"", plain, `{"id":"evt_1"}`, "sealed", "sealed1:", strings.Repeat("k", 32)} {
			if got, err := r.OpenText(where, value); got != value || err != nil {
				t.Errorf("%s: %q opens as %q, %v", name, value, got, err)
			}
		}
	}

	if got := ring(t).SealText(where, plain); got != plain {
		t.Errorf("without a key it is sealed as %q", got)
	}
	if r := ring(t, 1); r.SealText(where, "") != "" || !r.IsCurrent(nil) || r.IsCurrent([]byte(plain)) {
		t.Error("an empty value is sealed, or one in clear counts as sealed")
	}
	if _, err := sealed.NewRing([][]byte{{1, 2, 3}}); err == nil {
		t.Error("a short key is accepted")
	}
}
