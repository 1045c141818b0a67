package job

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mandelfarm/renderer/spec"
)

// What terms may be at most.
const (
	maxTitle = 200 // characters
	maxTags  = 16
	maxTag   = 64 // characters
)

// ParsePriority reads a priority; the empty one and normal are the same, and read as
// the empty one.
func ParsePriority(text string) (Priority, error) {
	p := Priority(text)
	switch {
	case p == Normal:
		return "", nil
	case p == "" || slices.Contains(Priorities(), p):
		return p, nil
	}
	return "", &spec.FieldError{Field: "priority", Reason: "must be " + OneOf(Priorities())}
}

// OneOf lists values as people write them: "high, normal or low".
func OneOf[S ~string](values []S) string {
	var text strings.Builder
	for i, v := range values {
		switch {
		case i > 0 && i == len(values)-1:
			text.WriteString(" or ")
		case i > 0:
			text.WriteString(", ")
		}
		text.WriteString(string(v))
	}
	return text.String()
}

// Check reports a title or tag that is none.
func (t Terms) Check() error {
	if t.Title != "" {
		if err := checkText("title", t.Title, maxTitle); err != nil {
			return err
		}
	}
	if len(t.Tags) > maxTags {
		return &spec.FieldError{Field: "tag", Reason: fmt.Sprintf("must be given at most %d times", maxTags)}
	}
	for _, tag := range t.Tags {
		if err := checkText("tag", tag, maxTag); err != nil {
			return err
		}
	}
	return t.Webhook.Check()
}

func checkText(field, text string, most int) error {
	valid := utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
	if text == "" || !valid || utf8.RuneCountInString(text) > most {
		return &spec.FieldError{Field: field, Reason: fmt.Sprintf("must be of 1 to %d characters that can be printed", most)}
	}
	return nil
}
