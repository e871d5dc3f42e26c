package archtest_test

import (
	"regexp"
	"strings"
	"testing"
)

var (
	service  = regexp.MustCompile(`(?m)^  ([a-z]+):\n((?:    .*\n|\n|  +#.*\n)+)`)
	imageOf  = regexp.MustCompile(`(?m)^    image: (\S+)$`)
	goImage  = regexp.MustCompile(`(?m)^ARG GO_IMAGE=(\S+)$`)
	exactTag = regexp.MustCompile(`^[a-z/]+(:\d+\.\d+(\.\d+)?|@sha256:[0-9a-f]{64})$`)
)

// TestContainersAreConfined checks that each service of compose.yaml gives up
// what it does not need, and that images never change by themselves.
func TestContainersAreConfined(t *testing.T) {
	t.Parallel()
	_, services, _ := strings.Cut(read(t, "compose.yaml"), "\nservices:\n")
	services, _, _ = strings.Cut(services, "\nvolumes:\n")

	found := service.FindAllStringSubmatch(services, -1)
	if len(found) != 2 {
		t.Fatalf("found %d services in compose.yaml, want 2", len(found))
	}

	for _, s := range found {
		name, body := s[1], s[2]
		for _, line := range []string{
			"read_only: true", `security_opt: ["no-new-privileges:true"]`, "cap_drop: [ALL]",
			"mem_limit:", "pids_limit:", "stop_grace_period:",
		} {
			if !strings.Contains(body, "\n    "+line) {
				t.Errorf("%s has no %s", name, line)
			}
		}

		if image := imageOf.FindStringSubmatch(body)[1]; image != "checkoutd" && !exactTag.MatchString(image) {
			t.Errorf("%s: the image %s has no exact version", name, image)
		}
	}

	base := goImage.FindStringSubmatch(read(t, "Dockerfile"))
	if base == nil || !exactTag.MatchString(base[1]) {
		t.Errorf("the Dockerfile builds on %q, want an exact version", base)
	}
}
