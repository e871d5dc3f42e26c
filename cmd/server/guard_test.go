package main

import (
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.open()

	if out := p.ok("guard"); !strings.HasPrefix(out, "mode on, no alarm\n") || strings.Count(out, "\n") != 6 {
		t.Errorf("got %q", out)
	}
	if out := p.ok("guard", "strict"); !strings.HasPrefix(out, "mode strict, ALARM: ") {
		t.Errorf("got %q", out)
	}
	if out := p.ok("guard"); !strings.HasPrefix(out, "mode strict, ALARM: ") {
		t.Errorf("got %q", out)
	}
	if out := p.ok("guard", "off"); !strings.HasPrefix(out, "mode off, no alarm\n") {
		t.Errorf("got %q", out)
	}

	p.fails([]string{"guard", "loose"}, "on, strict and off")
	p.fails([]string{"guard", "on", "off"}, "on, strict and off")
}
