package appearance

import "strings"

// variableNames lists the variables of the Appearance API, and their older
// names, which Stripe.js still accepts
// (https://docs.stripe.com/elements/appearance-api#all-variables).
var variableNames = strings.Fields(`
	fontFamily fontSmooth fontVariantLigatures fontVariationSettings fontLineHeight
	fontSizeBase fontSizeSm fontSizeXs fontSize2Xs fontSize3Xs fontSizeLg fontSizeXl
	fontWeightLight fontWeightNormal fontWeightMedium fontWeightBold
	spacingUnit gridRowSpacing gridColumnSpacing tabSpacing accordionItemSpacing pickerItemSpacing
	spacingGridRow spacingGridColumn spacingTab spacingAccordionItem
	colorPrimary colorBackground colorText colorSuccess colorDanger colorWarning
	colorTextSecondary colorTextPlaceholder
	accessibleColorOnColorPrimary accessibleColorOnColorBackground accessibleColorOnColorSuccess
	accessibleColorOnColorDanger accessibleColorOnColorWarning
	colorPrimaryText colorBackgroundText colorSuccessText colorDangerText colorWarningText
	iconColor iconHoverColor iconCardErrorColor iconCardCvcColor iconCardCvcErrorColor iconCheckmarkColor
	iconChevronDownColor iconChevronDownHoverColor iconCloseColor iconCloseHoverColor iconLoadingIndicatorColor
	iconMenuColor iconMenuHoverColor iconMenuOpenColor
	iconPasscodeDeviceColor iconPasscodeDeviceHoverColor iconPasscodeDeviceNotificationColor iconRedirectColor
	colorIcon colorIconHover colorIconCardError colorIconCardCvc colorIconCardCvcError colorIconCheckmark
	colorIconChevronDown colorIconChevronDownHover colorIconRedirect
	tabIconColor tabIconHoverColor tabIconSelectedColor tabIconMoreColor tabIconMoreHoverColor
	colorIconTab colorIconTabHover colorIconTabSelected colorIconTabMore colorIconTabMoreHover
	logoColor tabLogoColor tabLogoSelectedColor blockLogoColor
	colorLogo colorLogoTab colorLogoTabSelected colorLogoBlock
	focusBoxShadow focusOutline
	borderRadius buttonBorderRadius`)

// classStates maps the classes that a rule may select to their states
// (https://docs.stripe.com/elements/appearance-api#all-rules).
var classStates = map[string]string{
	"Tab":            "selected",
	"TabIcon":        "selected",
	"TabLabel":       "selected",
	"Label":          "empty invalid focused floating resting",
	"Input":          "empty invalid",
	"Error":          "",
	"Block":          "",
	"BlockDivider":   "",
	"BlockAction":    "negative",
	"CodeInput":      "",
	"Checkbox":       "checked",
	"CheckboxLabel":  "checked",
	"CheckboxInput":  "checked",
	"Dropdown":       "",
	"DropdownItem":   "highlight",
	"Switch":         "active",
	"SwitchControl":  "",
	"PickerItem":     "selected highlight new disabled",
	"PickerAction":   "",
	"Menu":           "",
	"MenuIcon":       "open",
	"MenuAction":     "negative",
	"Accordion":      "",
	"AccordionItem":  "selected",
	"RadioIcon":      "",
	"RadioIconOuter": "checked hovered",
	"RadioIconInner": "checked hovered",
	"Text":           "terms redirect",
	"TermsText":      "",
	"TermsLink":      "",
	"RedirectText":   "",
	"Link":           "",
	"SecondaryLink":  "",
	"Action":         "negative",
	"Button":         "",
	"Spinner":        "",
}

var (
	pseudoClasses  = strings.Fields(`hover focus focus-visible active disabled autofill -webkit-autofill`)
	pseudoElements = strings.Fields(`placeholder selection`) // of an Input
)

// isLogo reports whether the variable chooses the variant of a logo, for light
// or for dark backgrounds.
func isLogo(variable string) bool {
	return strings.Contains(variable, "Logo") || strings.HasPrefix(variable, "logo")
}

// isColor reports whether the value of the variable is a colour.
func isColor(variable string) bool {
	return !isLogo(variable) && (strings.HasPrefix(variable, "color") || strings.Contains(variable, "Color"))
}
