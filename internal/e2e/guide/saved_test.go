package guide_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/e2e/e2etest"
)

// A card is saved, used again with its security code, and removed. The page
// follows the choice: a saved card has its own billing address.
func TestSavedMethods(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("SAVED_METHODS_REMOVE", "true"), e2etest.Set("BILLING_ADDRESS", "full"), e2etest.Set("REQUIRE_CVC_RECOLLECTION", "true"))
	v := e2etest.Visit(t, s)
	const (
		note    = "document.querySelector('#saved-method-note').innerText"
		billing = "document.querySelector('#billing').checkVisibility()"
	)

	v.Order("mug")
	e2etest.Want(v, "document.querySelector('#billing-choice').hidden", true) // nothing is shipped
	v.Enter("billing-address", sanFrancisco...)
	v.FillBare(e2etest.CardPays)
	v.Press(e2etest.Form("[name=save]"))
	v.Click("#pay-button")
	v.Outcome("paid")

	v.Order("mug")
	v.Until(note + " === 'You are paying with a saved card.'")
	e2etest.Want(v, billing, false)
	v.Axe()
	v.Screenshots("checkout-saved")
	v.Press(e2etest.Form("[data-saved-method=new]"))
	v.Until(note + " === '' && " + billing)
	v.Press(e2etest.Form("[data-saved-method^=pm_]"))
	v.Until(note + " !== '' && !" + billing)
	v.Click("#pay-button")
	v.Until("document.querySelector('#payment-message').innerText.includes('security code')")
	v.Fill("cvc", "123")
	v.Click("#pay-button")
	v.Outcome("paid")
	s.WantLedger(2, e2etest.MugPrice, e2etest.MugPrice)
	intent := s.List("/v1/payment_intents")[0]
	card, _ := intent["payment_method_options"].(map[string]any)["card"].(map[string]any)
	if card["require_cvc_recollection"] != true {
		t.Errorf("the intent was made without recollection: %v", intent["payment_method_options"])
	}

	v.Order("mug")
	v.Until(note)
	v.Press(e2etest.Form("[data-remove^=pm_]"))
	v.Press(e2etest.Form("[data-confirm-remove^=pm_]"))
	v.Until(note + " === '' && " + billing)
	v.Do(chromedp.Reload())
	v.FormReady()
	e2etest.Want(v, note, "")

	customer := intent["customer"].(string)
	if left := s.List("/v1/payment_methods", "customer", customer, "type", "card"); len(left) != 0 {
		t.Errorf("Stripe still holds %v", left)
	}
}

// Each feature of saved methods can be switched off.
func TestNothingIsKeptWhereTheShopKeepsNothing(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("SAVED_METHODS_SAVE", "false"), e2etest.Set("SAVED_METHODS_REDISPLAY", "false"))
	v := e2etest.Visit(t, s)
	v.Open("/")
	e2etest.Want(v, "document.querySelector('#save-method')", any(nil))
	v.Order("mug")
	e2etest.Want(v, string(e2etest.Form("[name=save]"))+"?.checkVisibility() ?? false", false)
}

var sanFrancisco = [][2]string{{"country", "US"}, {"name", "Jenny Rosen"}, {"line1", "510 Townsend St"},
	{"city", "San Francisco"}, {"state", "CA"}, {"postal", "94103"}}
