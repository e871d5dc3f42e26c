package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		out := p.ok(args...)
		for _, c := range commands().Commands {
			if !strings.Contains(out, "  "+c.Name+" ") {
				t.Errorf("%v does not mention %s:\n%s", args, c.Name, out)
			}
		}
	}

	if out, log := p.fails(nil, "no command given"); !strings.Contains(log, "usage:") || out != "" {
		t.Errorf("without a command: printed %q, usage %q", out, log)
	}
	p.fails([]string{"serv"}, `unknown command "serv": did you mean serve?`, "see: server --help")
	p.fails([]string{"orders", "refnd"}, "did you mean refund?", "see: server orders --help")
	p.fails([]string{"orders", "refund", "--amuont", "3"}, "did you mean --amount?", "see: server orders refund --help")

	for _, c := range []string{"serve", "sandbox", "stripe"} {
		p.fails([]string{c, "--addr=:80"}, "unknown flag --addr: settings come from the environment")
	}
}

func TestBadSettingsAreReportedAllAtOnceAndByName(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.settings["STRIPE_SECRET_KEY"] = "sk_live_" + strings.Repeat("s", 24)
	p.settings["STRIPE_PUBLISHABLE_KEY"] = "pk_test_" + strings.Repeat("p", 24)
	p.settings["ORDER_EXPIRES_AFTER"] = "1s"
	p.settings["WORKERS"] = "many"
	p.settings["LOG_LEVEL"] = "loud"

	_, log, err := p.run("serve")
	if err == nil {
		t.Fatal("the server starts")
	}

	for _, want := range []string{"settings need attention", "STRIPE_PUBLISHABLE_KEY is a test key",
		"STRIPE_WEBHOOK_SECRET is missing",
		"CATALOG_FILE is missing", "ORDER_EXPIRES_AFTER", "WORKERS", "LOG_LEVEL", "BASE_URL is not https"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not contain %q:\n%v", want, err)
		}
	}

	if strings.Contains(err.Error()+log, strings.Repeat("s", 24)) {
		t.Error("the error shows the secret key")
	}

	p.wantFree(p.settings["ADDR"])
}

func TestVersion(t *testing.T) {
	p := newProgram(t)
	if out := p.ok("version"); strings.TrimSpace(out) == "" {
		t.Error("got no output")
	}
	previous := version
	defer func() { version = previous }()
	version = "v1.2.3"
	if out := p.ok("version"); out != "v1.2.3\n" {
		t.Errorf("got %q, want the version set by the linker", out)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for range 2 {
		if out := p.ok("migrate"); out != "the database is up to date\n" {
			t.Errorf("got %q", out)
		}
	}
	p.settings["DATABASE_URL"] = "mysql://x"
	p.fails([]string{"migrate"}, "DATABASE_URL")
}

func TestSandboxServesIsHealthyAndStops(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.fails([]string{"healthcheck"}, "not ready")
	p.settings["LOG_LEVEL"] = "debug"
	out, log, stop := p.start("checkoutd is up", "sandbox")
	for _, want := range []string{"no real payment", p.settings["SANDBOX_ADDR"], "4242 4242 4242 4242",
		"4000 0025 0000 3155", "4000 0000 0000 9995"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the welcome text does not contain %q:\n%s", want, out)
		}
	}

	if got := p.ok("healthcheck"); got != "ready\n" {
		t.Errorf("healthcheck prints %q", got)
	}

	for _, want := range []string{`"level":"debug"`, `"name":"ADDR"`, `"source":"environment"`,
		`"name":"STRIPE_SECRET_KEY","value":"set","source":"sandbox"`,
		`"name":"WORKERS","value":"8","source":"default"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the settings in the log lack %s", want)
		}
	}

	res, err := http.Post("http://"+p.settings["ADDR"]+"/orders", "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}

	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want the shop's 400", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Errorf("the command ended with %v", err)
	}
	if !strings.Contains(log.String(), "checkoutd has stopped") {
		t.Error("the log does not say that the server has stopped")
	}

	p.wantFree(p.settings["ADDR"])
	p.wantFree(p.settings["SANDBOX_ADDR"])
	p.fails([]string{"healthcheck"}, "not ready")
}

func TestSettingsInTheLogContainNoSecret(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.settings["LOG_LEVEL"] = "debug"
	p.settings["DATABASE_URL"] = "postgres://shop:hush@127.0.0.1:1/shop?connect_timeout=1"

	_, log := p.fails([]string{"migrate"}, "database")
	if !strings.Contains(log, `"name":"DATABASE_URL"`) || strings.Contains(log, "hush") {
		t.Errorf("the log is %s", log)
	}

	p.settings["LOG_LEVEL"] = "info"
	if _, log := p.fails([]string{"migrate"}); strings.Contains(log, "DATABASE_URL") {
		t.Errorf("the settings are logged at level info: %s", log)
	}
}

func TestStripeRunsAlone(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	_, _, stop := p.start("offline Stripe on http://"+p.settings["SANDBOX_ADDR"], "stripe")

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"http://"+p.settings["SANDBOX_ADDR"]+"/v1/customers", nil)
	if err != nil {
		t.Fatal(err)
	}

	req.SetBasicAuth("sk_test_123456789012", "")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}

	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d, want 200", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Errorf("the command ended with %v", err)
	}

	p.wantFree(p.settings["SANDBOX_ADDR"])
}

func TestStartThatFailsLeavesNoPortOpen(t *testing.T) {
	t.Parallel()
	for name, sabotage := range map[string]func(p *program) (wantError string){
		"no catalog": func(p *program) string {
			p.settings["CATALOG_FILE"] = filepath.Join(p.dir, "nowhere.json")
			return "CATALOG_FILE"
		},
		"no database": func(p *program) string {
			p.settings["DATABASE_URL"] = "postgres://shop@127.0.0.1:1/shop?connect_timeout=1"
			return "open the database"
		},
		"Stripe's port is taken": func(p *program) string {
			other := newProgram(p.T)
			other.start("offline Stripe on", "stripe")
			p.settings["SANDBOX_ADDR"] = other.settings["SANDBOX_ADDR"]
			return "SANDBOX_ADDR: listen on"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			own := p.settings["SANDBOX_ADDR"]
			p.fails([]string{"sandbox"}, sabotage(p))
			p.wantFree(p.settings["ADDR"])
			p.wantFree(own)
		})
	}
}
