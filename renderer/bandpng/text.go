package bandpng

import (
	"compress/zlib"
	"io"
	"strings"
)

// addText adds a text in one of the three forms that there are: whoever writes a file anew may choose another. What is none, or
// is damaged, is left out; but a text that inflates to more than there may be is an error. The number at total is that of all
// texts' bytes.
func (r *Reader) addText(kind string, data []byte, total *int) error {
	keyword, rest, found := strings.Cut(string(data), "\x00")
	if !found || keyword == "" {
		return nil
	}
	value, packed, ok := textValue(kind, rest)
	if !ok {
		return nil
	}
	if packed {
		if value, ok = inflateText(value, maxText-*total); !ok {
			return nil
		}
		if *total += len(value); *total > maxText {
			return malformed("has texts of more than %d bytes", maxText)
		}
	}
	if kind != "iTXt" {
		value = fromLatin1(value)
	}
	r.Header.Text = append(r.Header.Text, Text{Keyword: keyword, Value: value})
	return nil
}

// textValue returns what follows the keyword of a text but what describes it, and whether that is compressed.
func textValue(kind, rest string) (value string, packed, ok bool) {
	const deflated = "\x00" // the one method
	switch kind {
	case "zTXt":
		value, ok = strings.CutPrefix(rest, deflated)
		return value, true, ok
	case "iTXt":
		if rest, packed = strings.CutPrefix(rest, "\x01"+deflated); !packed {
			if rest, ok = strings.CutPrefix(rest, "\x00"); !ok || rest == "" {
				return "", false, false
			}
			rest = rest[1:] // a method, of nothing
		}
		parts := strings.SplitN(rest, "\x00", 3) // the language, the keyword in it, the text
		if len(parts) < 3 {
			return "", false, false
		}
		return parts[2], packed, true
	}
	return rest, false, true
}

// inflateText returns what a zlib stream holds, up to a byte more than the limit. It reports false if the stream is damaged.
func inflateText(stream string, limit int) (string, bool) {
	reader, err := zlib.NewReader(strings.NewReader(stream))
	if err != nil {
		return "", false
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, int64(limit)+1))
	return string(data), err == nil
}

// fromLatin1 makes UTF-8 of what is in ISO 8859-1, as texts other than iTXt are.
func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
