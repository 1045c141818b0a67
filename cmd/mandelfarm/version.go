package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"mandelfarm/renderer/spec"
)

// version is the version that the program was built from: a release, or the
// commit, with a mark if the tree had changes.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return describeBuild(info)
}

func describeBuild(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, changed := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && s.Value != "":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	return revision + changed
}

// versionLine is what version and --version print.
func versionLine() string {
	line := fmt.Sprintf("mandelfarm %s, renderer version %s", version(), spec.Version)
	if info, ok := debug.ReadBuildInfo(); ok {
		line += ", " + info.GoVersion
	}
	return line
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the program and of its renderer",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}
