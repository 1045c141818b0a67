package openapi_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi/openapigen"
)

var update = flag.Bool("update", false, "write openapi.json and page.html anew")

// TestFilesAreMadeOfTheSource. Write them anew with
// go test ./api/openapi -run TestFilesAreMadeOfTheSource -update.
func TestFilesAreMadeOfTheSource(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	document, err := openapigen.JSON(source)
	require.NoError(t, err)
	page, err := openapigen.Page(document)
	require.NoError(t, err)
	for name, made := range map[string][]byte{"openapi.json": document, "page.html": page} {
		if *update {
			require.NoError(t, os.WriteFile(name, made, 0o600))
		}
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(made), string(got), "%s is not what openapi.yaml says: make golden", name)
	}
}
