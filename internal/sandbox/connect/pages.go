package connect

import (
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
)

// Pages serves what connect.stripe.com and the dashboard of an account serve:
// OAuth, onboarding, and what an account's owner does there.
type Pages struct {
	srv     *api.Server
	service *Service
}

// Pages returns the pages.
func (s *Service) Pages() *Pages { return &Pages{s.srv, s} }

// Mount adds the pages to a router.
func (s *Pages) Mount(mux *chi.Mux) {
	mux.Post("/oauth/token", s.oauthCall(exchange))
	mux.Post(deauthorizePath, s.oauthCall(deauthorize))

	for _, page := range []string{"/oauth/authorize", expressPath} {
		mux.Get(page, s.oauthPage)
		mux.Post(page, s.oauthDecision)
	}

	mux.Get("/connect/onboarding", s.onboardingPage)
	mux.Post("/connect/onboarding", s.onboardingDone)
	mux.Get("/dashboard", s.dashboards)
	mux.Get("/dashboard/{id}", s.dashboard)
	mux.Post("/dashboard/{id}", s.dashboardAction)
}

// update runs a change of the platform's account.
func (s *Pages) update(run func(c *call) error) error {
	return s.service.update(api.PlatformAccount, run)
}

// connectPage is a page with at most one form, which is sent to its own
// address.
type connectPage struct {
	Title, Text, Notice string
	Facts               []fact
	Choices             []choice
	Links               []link
	Hidden              map[string]string
	Actions             []action
	Yes, No             string
}

type (
	fact   struct{ Name, Value string }
	link   struct{ Address, Text string }
	action struct{ Name, Text string }
	choice struct {
		Value, Title, Detail string
		Chosen               bool
		IsTyped              bool   // there is a field to type an ID in
		Typed                string // what the field holds
	}
)

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} — offline sandbox</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/v3/page.css"></head>
<body><main><p class="tag">Offline sandbox</p><h1>{{.Title}}</h1><p>{{.Text}}</p>
{{with .Notice}}<p role="alert">{{.}}</p>{{end}}
{{if .Facts}}<dl>{{range .Facts}}<dt>{{.Name}}</dt><dd>{{.Value}}</dd>{{end}}</dl>{{end}}
{{range .Links}}<p><a href="{{.Address}}">{{.Text}}</a></p>{{end}}
{{if or .Yes .Actions}}<form method="post">
{{range $name, $value := .Hidden}}<input type="hidden" name="{{$name}}" value="{{$value}}">{{end}}
{{if .Choices}}<fieldset><legend>Account</legend>{{range .Choices}}
<label class="choice"><input type="radio" name="account" value="{{.Value}}"{{if .Chosen}} checked{{end}}>
<span>{{.Title}}{{with .Detail}}<small>{{.}}</small>{{end}}</span></label>
{{if .IsTyped}}<input name="typed" value="{{.Typed}}" aria-label="ID of the account" placeholder="acct_…"
autocomplete="off" spellcheck="false">{{end}}{{end}}</fieldset>{{end}}
{{with .Yes}}<button class="go" id="pass" type="submit" name="outcome" value="pass">{{.}}</button>{{end}}
{{with .No}}<button id="fail" type="submit" name="outcome" value="fail">{{.}}</button>{{end}}
{{range .Actions}}<button id="{{.Name}}" type="submit" name="action" value="{{.Name}}">{{.Text}}</button>{{end}}
</form>{{end}}</main></body></html>
`))

func renderPage(w http.ResponseWriter, status int, p connectPage) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p) // the client may be gone
}

// fromOwnPage reports whether a form was not sent by a page of another origin,
// which could decide in its visitor's name. If it was, fromOwnPage writes the
// response.
func fromOwnPage(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	if !api.FromForeignPage(r) {
		return true
	}
	renderPage(w, http.StatusForbidden, connectPage{
		Title: "Not from here",
		Text:  "This form was sent by a page of another origin.",
	})
	return false
}
