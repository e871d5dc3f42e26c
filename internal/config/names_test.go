package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		mode    config.Mode
		environ []string
		dotenv  string
		want    []string // how each begins
	}{
		{"a misspelt Stripe option", config.Serve, with(testKeys, "STRIPE_SECERT_KEY=x"), "",
			[]string{"STRIPE_SECERT_KEY in the environment is not an option of checkoutd and is ignored. Did you mean STRIPE_SECRET_KEY?"}},
		{"the Stripe CLI's name for the key", config.Serve, with(testKeys, "STRIPE_API_KEY=x"), "",
			[]string{"STRIPE_API_KEY in the environment is not an option of checkoutd and is ignored. Did you mean STRIPE_SECRET_KEY?"}},
		{"an unknown Stripe option", config.Serve, with(testKeys, "STRIPE_WHATEVER_ELSE=x"), "",
			[]string{"STRIPE_WHATEVER_ELSE in the environment is not an option of checkoutd and is ignored."}},
		{"another option misspelt in .env", config.Serve, testKeys, "BASE_ULR=x\nPOSTGRES_PASSWORD=y",
			[]string{"BASE_ULR in the file .env is not an option of checkoutd and is ignored. Did you mean BASE_URL?"}},
		{"another option misspelt in the environment", config.Serve,
			with(testKeys, "COLECT_EMAIL=true", "PAYMENT_METHOD_TYPE=card"), "", []string{
				"COLECT_EMAIL in the environment is not an option of checkoutd and is ignored. Did you mean COLLECT_EMAIL?",
				"PAYMENT_METHOD_TYPE in the environment is not an option of checkoutd and is ignored. Did you mean PAYMENT_METHOD_TYPES?"}},
		{"the Stripe CLI's variables are known", config.Serve,
			with(testKeys, "STRIPE_CLI_TELEMETRY_OPTOUT=1", "STRIPE_DEVICE_NAME=x"), "", nil},
		{"the environment is full of other names", config.Serve,
			with(testKeys, "PATH=/bin", "WORKER=x", "ADDRESS=x", "LOGLEVEL=debug", "BASEURL=x"), "", nil},
		{"real keys in sandbox mode", config.Sandbox, testKeys, "",
			[]string{"STRIPE_SECRET_KEY is not used", "STRIPE_PUBLISHABLE_KEY is not used",
				"STRIPE_WEBHOOK_SECRET is not used", "Commands in another terminal"}},
		{"an unknown payment method", config.Serve, with(testKeys, "PAYMENT_METHOD_TYPES=card,foo"), "",
			[]string{"PAYMENT_METHOD_TYPES contains foo, which checkoutd does not know"}},
		{"https without a trusted proxy", config.Serve, with(testKeys, "BASE_URL=https://shop.example"), "",
			[]string{"BASE_URL is https, but TRUSTED_PROXIES is empty"}},
		{"a sandbox open to other machines", config.Sandbox, []string{"ADDR=:4242"}, "",
			[]string{"ADDR can be reached from other machines"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := load(t, tt.mode, tt.environ, map[string]string{".env": tt.dotenv}).Warnings
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}

			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("got %q, want it to begin with %q", got[i], tt.want[i])
				}
			}
		})
	}
}

func TestMisspeltNamesAreReportedWithTheProblems(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Serve, with(testKeys[1:], "STRIPE_SECERT_KEY=sk_test_hunter2"),
		files(map[string]string{".env": "BRAND_COLOUR=#fff"}))
	var e *config.Error
	if !errors.As(err, &e) || len(e.Problems) != 1 || len(e.Misspelt) != 2 {
		t.Fatalf("got %v, want one problem and two names", err)
	}

	for _, want := range []string{"one setting needs attention:\n  STRIPE_SECRET_KEY is missing.",
		"Did you mean STRIPE_SECRET_KEY?",
		"\n  BRAND_COLOUR in the file .env is not an option of checkoutd and is ignored. Did you mean BRAND_COLOR?"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%s", want, err)
		}
	}

	if strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Error("the error contains the value of the misspelt secret")
	}
}
