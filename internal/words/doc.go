// Package words holds what the farm can say against what its code can come to: an error, a state or a reason that is declared, told apart and
// documented, and that no code produces, is a promise that nobody keeps. All of it is tests; nothing imports it.
package words
