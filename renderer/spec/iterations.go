package spec

import "strconv"

// Iterations is a limit of iterations: a number, or Auto. The zero value means "not given".
type Iterations int

// Auto is the limit that a view needs, as found by the rule in the documentation of package renderer. It is written "auto".
const Auto Iterations = -1

const autoName = "auto"

// AutoCeiling is the greatest limit that Auto may come to.
const AutoCeiling = 10_000_000

// String returns the number, or "auto".
func (n Iterations) String() string {
	if n == Auto {
		return autoName
	}
	return strconv.Itoa(int(n))
}

// MarshalJSON prints the number, or "auto" as a string.
func (n Iterations) MarshalJSON() ([]byte, error) {
	if n == Auto {
		return []byte(`"` + autoName + `"`), nil
	}
	return []byte(n.String()), nil
}

// Most is the limit, or the greatest that it may come to.
func (n Iterations) Most() int {
	if n == Auto {
		return AutoCeiling
	}
	return int(n)
}

// setIterations parses a limit into n.
func setIterations(field, text string, n *Iterations) *FieldError {
	if text == autoName {
		*n = Auto
		return nil
	}
	var number int
	err := setCount(field, text, &number)
	if err != nil && err.Reason == notWhole {
		err.Reason = `must be a whole number or "` + autoName + `"`
	}
	*n = Iterations(number)
	return err
}
