package config_test

import (
	"testing"
)

func TestLayoutRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"radios on tabs": {
			environ: []string{"LAYOUT_RADIOS=true"},
			want:    "LAYOUT_RADIOS applies to the accordion only, but PAYMENT_ELEMENT_LAYOUT is tabs.",
			mention: "accordion",
		},
		"spaced tabs": {
			environ: []string{"LAYOUT_SPACED_ITEMS=false"},
			want:    "LAYOUT_SPACED_ITEMS applies to the accordion only",
		},
		"a number of visible tabs": {
			environ: []string{"LAYOUT_VISIBLE_ITEMS=3"},
			want:    "LAYOUT_VISIBLE_ITEMS applies to the accordion only",
		},
		"a negative number of items": {
			environ: []string{"PAYMENT_ELEMENT_LAYOUT=accordion", "LAYOUT_VISIBLE_ITEMS=-1"},
			want:    `LAYOUT_VISIBLE_ITEMS is "-1".`,
			mention: "from 0 to 50",
		},
		"a layout switch that is not a boolean": {
			environ: []string{"LAYOUT_DEFAULT_COLLAPSED=perhaps"},
			want:    `LAYOUT_DEFAULT_COLLAPSED is "perhaps".`,
			mention: "true or false",
		},
	})
}
