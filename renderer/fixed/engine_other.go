//go:build !amd64

package fixed

func hasIFMA() bool { return false }

// What follows is never called: there are no Formats here.

func multiplyIFMA(*columns) { panic(noFormat) }

func sumIFMA(*terms) { panic(noFormat) }

func differenceIFMA(*terms) { panic(noFormat) }

func fractionsIFMA(*fractions) { panic(noFormat) }

const noFormat = "fixed: a Format of a processor without IFMA"
