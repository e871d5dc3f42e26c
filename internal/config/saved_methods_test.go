package config_test

import (
	"testing"
)

func TestSavedMethodsRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"asking to save what is saved anyway": {
			environ: []string{"SETUP_FUTURE_USAGE=off_session", "SAVED_METHODS_SAVE=true"},
			want:    "SAVED_METHODS_SAVE is true, but SETUP_FUTURE_USAGE saves every payment method",
			mention: "conflict",
		},
		"a usage that nobody is asked for": {
			environ: []string{"SAVED_METHODS_SAVE=false", "SAVED_METHODS_SAVE_USAGE=off_session"},
			want:    "SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked",
			mention: "SAVED_METHODS_SAVE=true",
		},
		"a usage that SETUP_FUTURE_USAGE overrides": {
			environ: []string{"SETUP_FUTURE_USAGE=on_session", "SAVED_METHODS_SAVE_USAGE=off_session"},
			want:    "SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked",
		},
		"an unknown usage": {
			environ: []string{"SAVED_METHODS_SAVE_USAGE=always"},
			want:    `SAVED_METHODS_SAVE_USAGE is "always".`,
			mention: "on_session, off_session",
		},
		"removing methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_REMOVE=true"},
			want:    "SAVED_METHODS_REMOVE has no effect, because",
			mention: "SAVED_METHODS_REDISPLAY",
		},
		"a limit for methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_LIMIT=3"},
			want:    "SAVED_METHODS_LIMIT has no effect, because",
		},
		"filters for methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_FILTERS=always"},
			want:    "SAVED_METHODS_FILTERS has no effect, because",
		},
		"more than ten saved methods": {
			environ: []string{"SAVED_METHODS_LIMIT=11"},
			want:    `SAVED_METHODS_LIMIT is "11".`,
			mention: "from 1 to 10",
		},
		"no saved methods at all": {
			environ: []string{"SAVED_METHODS_LIMIT=0"},
			want:    `SAVED_METHODS_LIMIT is "0".`,
			mention: "from 1 to 10",
		},
		"an unknown filter": {
			environ: []string{"SAVED_METHODS_FILTERS=always,never"},
			want:    `SAVED_METHODS_FILTERS contains "never".`,
			mention: "unspecified",
		},
		"a filter twice": {
			environ: []string{"SAVED_METHODS_FILTERS=always,always"},
			want:    "SAVED_METHODS_FILTERS contains always twice.",
		},
	})
}
