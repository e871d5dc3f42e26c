package config_test

import (
	"maps"
	"testing"

	"checkoutd/internal/config"
)

func TestFeeOptions(t *testing.T) {
	t.Parallel()
	c := load(t, config.Serve, testKeys, nil)
	if c.Fee.BasisPoints != 0 || c.Fee.Fixed != nil || c.Fee.Most != nil || c.Fee.Refund {
		t.Errorf("without options: got %+v, want no fee", c.Fee)
	}

	c = load(t, config.Serve, with(testKeys, "CONNECT_FEE_PERCENT=2.05", "CONNECT_FEE_FIXED=usd:30, eur:25",
		"CONNECT_FEE_MAX=usd:5000", "CONNECT_FEE_REFUND=true"), nil)
	if c.Fee.BasisPoints != 205 || !maps.Equal(c.Fee.Fixed, map[string]int64{"usd": 30, "eur": 25}) ||
		!maps.Equal(c.Fee.Most, map[string]int64{"usd": 5000}) || !c.Fee.Refund {
		t.Errorf("got %+v", c.Fee)
	}

	for text, want := range map[string]int64{
		"0":      0,
		"2.5":    250,
		"100":    10000,
		"100.00": 10000,
		"0.01":   1,
	} {
		if c := load(t, config.Serve, with(testKeys, "CONNECT_FEE_PERCENT="+text), nil); c.Fee.BasisPoints != want {
			t.Errorf("%s %%: got %d basis points, want %d", text, c.Fee.BasisPoints, want)
		}
	}

	for _, wrong := range []string{
		"CONNECT_FEE_PERCENT=100.01", "CONNECT_FEE_PERCENT=2.505", "CONNECT_FEE_PERCENT=-1", "CONNECT_FEE_PERCENT=2,5",
		"CONNECT_FEE_FIXED=xyz:30", "CONNECT_FEE_FIXED=usd:0.30", "CONNECT_FEE_FIXED=30",
		"CONNECT_FEE_MAX=usd:1,usd:2", "CONNECT_FEE_MAX=usd:-1", "CONNECT_FEE_MAX=usd:0",
	} {
		if got := problems(t, config.Serve, with(testKeys, wrong), nil); !hasPrefix(got, wrong[:len("CONNECT_FEE_")]) {
			t.Errorf("%s: got %q, want a problem", wrong, got)
		}
	}
}
