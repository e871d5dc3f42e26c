package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestSavedMethods: a card is saved, chosen again with its code entered anew, and removed. The
// page changes with what is chosen: a saved card has its own billing address.
func TestSavedMethods(t *testing.T) {
	t.Parallel()
	s := openShop(t, set("SAVED_METHODS_REMOVE", "true"), set("BILLING_ADDRESS", "full"), set("REQUIRE_CVC_RECOLLECTION", "true"))
	v := visit(t, s)
	const (
		note    = "document.querySelector('#saved-method-note').innerText"
		billing = "document.querySelector('#billing').checkVisibility()"
	)
	v.order("mug")
	want(v, "document.querySelector('#billing-choice').hidden", true) // nothing is shipped
	v.enter("billing-address", sanFrancisco...)
	v.fillBare(cardPays)
	v.press(form("[name=save]"))
	v.click("#pay-button")
	v.outcome("paid")

	v.order("mug")
	v.until(note + " === 'You pay with a saved card.'")
	want(v, billing, false)
	v.axe()
	v.look("checkout-saved")
	v.press(form("[data-saved-method=new]"))
	v.until(note + " === '' && " + billing)
	v.press(form("[data-saved-method^=pm_]"))
	v.until(note + " !== '' && !" + billing)
	v.click("#pay-button")
	v.until("document.querySelector('#payment-message').innerText.includes('security code')")
	v.fill("cvc", "123")
	v.click("#pay-button")
	v.outcome("paid")
	s.wantLedger(2, mugPrice, mugPrice)
	intent := s.list("/v1/payment_intents")[0]
	card, _ := intent["payment_method_options"].(map[string]any)["card"].(map[string]any)
	if card["require_cvc_recollection"] != true {
		t.Errorf("the intent was made without recollection: %v", intent["payment_method_options"])
	}

	v.order("mug")
	v.until(note)
	v.press(form("[data-remove^=pm_]"))
	v.press(form("[data-confirm-remove^=pm_]"))
	v.until(note + " === '' && " + billing)
	v.do(chromedp.Reload())
	v.formReady()
	want(v, note, "")
	customer := intent["customer"].(string)
	if left := s.list("/v1/payment_methods", "customer", customer, "type", "card"); len(left) != 0 {
		t.Errorf("Stripe still holds %v", left)
	}
}

// TestNothingIsKeptWhereTheShopKeepsNothing: each feature of saved methods is a switch.
func TestNothingIsKeptWhereTheShopKeepsNothing(t *testing.T) {
	t.Parallel()
	s := openShop(t, set("SAVED_METHODS_SAVE", "false"), set("SAVED_METHODS_REDISPLAY", "false"))
	v := visit(t, s)
	v.open("/")
	want(v, "document.querySelector('#save-method')", any(nil))
	v.order("mug")
	want(v, string(form("[name=save]"))+"?.checkVisibility() ?? false", false)
}
