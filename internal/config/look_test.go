package config_test

import (
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestLookRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"brand on two lines": {
			environ: []string{"BRAND_NAME=a\nb"},
			want:    "BRAND_NAME is not a name",
		},
		"a colour by name": {
			environ: []string{"BRAND_COLOR=red"},
			want:    `BRAND_COLOR is "red".`,
			mention: "#1f6a58",
		},
		"a short colour": {
			environ: []string{"BRAND_COLOR=#fff"},
			want:    `BRAND_COLOR is "#fff".`,
			mention: "#1f6a58",
		},
		"a logo over http": {
			environ: []string{"BRAND_LOGO=http://cdn.example/logo.svg"},
			want:    "BRAND_LOGO is not https",
			mention: "secure page",
		},
		"a logo that is a script": {
			environ: []string{"BRAND_LOGO=javascript:alert(1)"},
			want:    "BRAND_LOGO is not a web address.",
			mention: "/logo.svg",
		},
		"a logo without a scheme": {
			environ: []string{"BRAND_LOGO=//cdn.example/logo.svg"},
			want:    "BRAND_LOGO is not a web address.",
			mention: "/logo.svg",
		},
	})
}

func TestAppearanceFileIsReadAtStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		want []string
	}{
		"missing": {"", []string{"APPEARANCE_FILE cannot be read: open look.json: file does not exist."}},
		"two mistakes": {`{"theme":"dark","variables":{"colorTxet":"red"}}`,
			[]string{"APPEARANCE_FILE (look.json): theme is not one of",
				"APPEARANCE_FILE (look.json): variables.colorTxet is unknown to Stripe. Did you mean colorText?"}},
		"a second primary": {`{"variables":{"colorPrimary":"red"}}`,
			[]string{"BRAND_COLOR and colorPrimary in APPEARANCE_FILE both set"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			if tt.file != "" {
				files["look.json"] = tt.file
			}

			got := problems(t, config.Sandbox, []string{"APPEARANCE_FILE=look.json", "BRAND_COLOR=#112233"}, files)
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
