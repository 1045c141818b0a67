package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// CostUnit is what the budgets of cost count in, in iterations: a number in a header has 15 digits.
const CostUnit = 1e6

// Budgets are what one client gets. Answers from memory are not counted, and neither are probes: that would take longer than
// they do.
type Budgets struct {
	Requests access.Budget
	Cost     access.Budget // in units of [CostUnit], of what is drawn or searched
}

// Spender keeps the budgets of clients.
type Spender interface {
	// Spend takes a charge from a budget of a client, if there is enough in it.
	Spend(ctx context.Context, client string, c access.Charge) (access.Balance, error)
}

// budgetError says which budget is used up.
type budgetError struct {
	budget access.Budget
	wait   time.Duration
}

// Error implements error.
func (e *budgetError) Error() string {
	return fmt.Sprintf("the budget of %s is used up: %d for %s are allowed", e.budget.Name, e.budget.Quota, e.budget.Window)
}

// outcome says when to come again.
func (e *budgetError) outcome() outcome {
	return outcome{status: http.StatusTooManyRequests, retryAfter: wholeSeconds(e.wait)}
}

// wholeSeconds are those of a time, at least 1.
func wholeSeconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// budgets are those of whoever asks.
func (s *Server) budgets(c *gin.Context) Budgets {
	if exchangeOf(c).key != nil {
		return s.cfg.KeyBudgets
	}
	return s.cfg.AnonymousBudgets
}

// countRequest takes a request from the budget of whoever asks.
func (s *Server) countRequest(c *gin.Context) error {
	return s.spend(c, access.Charge{Budget: s.budgets(c).Requests, Amount: 1})
}

// pay takes what a picture may cost from the budget of whoever asks for it.
func (s *Server) pay(c *gin.Context, wanted spec.Spec) error {
	return s.payFor(c, string(wanted.ID()), renderer.Cost(wanted))
}

// payFor takes what something that is named may cost, once for all times that the client asks for it.
func (s *Server) payFor(c *gin.Context, what string, iterations float64) error {
	return s.spend(c, s.charge(c, what, iterations))
}

func (s *Server) charge(c *gin.Context, what string, iterations float64) access.Charge {
	amount := int64(min(math.Ceil(iterations/CostUnit), math.MaxInt64/2))
	return access.Charge{Budget: s.budgets(c).Cost, Amount: max(1, amount), For: what}
}

// spend makes a charge, and says in the answer how the budget stands. If Redis cannot say that it is used up, it is not:
// nothing can be drawn then, and the farm goes on with what it can do.
func (s *Server) spend(c *gin.Context, charge access.Charge) error {
	left, known := s.take(c, charge)
	if known {
		tellBalance(c.Writer.Header(), charge.Budget, left)
	}
	return overdrawn(charge, left)
}

// spendSilently is spend for one of several charges at the same time.
func (s *Server) spendSilently(c *gin.Context, charge access.Charge) error {
	left, _ := s.take(c, charge)
	return overdrawn(charge, left)
}

// take makes a charge, and returns how the budget stands if that is known.
func (s *Server) take(c *gin.Context, charge access.Charge) (left access.Balance, known bool) {
	if charge.Quota == 0 {
		return left, false
	}
	err := hint(c.Request.Context(), func(ctx context.Context) (err error) {
		left, err = s.deps.Spender.Spend(ctx, s.client(c), charge)
		return err
	})
	if err != nil {
		return access.Balance{}, false
	}
	return left, true
}

func overdrawn(charge access.Charge, left access.Balance) error {
	if left.Wait > 0 {
		return &budgetError{charge.Budget, left.Wait}
	}
	return nil
}

// tellBalance adds to the headers of draft-ietf-httpapi-ratelimit-headers.
func tellBalance(h http.Header, b access.Budget, left access.Balance) {
	unit := ""
	if b.Name == costBudget {
		unit = `;qu="million-iterations"`
	}
	addItem(h, "Ratelimit-Policy", fmt.Sprintf("%q;q=%d%s;w=%d", b.Name, b.Quota, unit, wholeSeconds(b.Window)))
	addItem(h, "Ratelimit", fmt.Sprintf("%q;r=%d;t=%d", b.Name, left.Left, int(math.Ceil(left.Full.Seconds()))))
}

// addItem adds to a list in one header.
func addItem(h http.Header, name, item string) {
	if before := h.Get(name); before != "" {
		item = before + ", " + item
	}
	h.Set(name, item)
}

// Names of budgets.
const (
	requestsBudget = "requests"
	costBudget     = "cost"
)

// named gives the budgets their names.
func (b Budgets) named() Budgets {
	b.Requests.Name, b.Cost.Name = requestsBudget, costBudget
	return b
}
