// Millrace: puts the click id on the links and forms of this page that lead to /go of the tracker
// (or to what other trackers call it: /?_lp=1, /click?lp=1, /click.php?lp=1).
// <script src="https://TRACKER/lp.js" defer></script>; data-param="NAME" where the page's own
// address calls the click id other than "click_id".
//
// Served without its comments and indentation, so whatever is not obvious is said in a comment and
// names are short: d document, s this script, n name of the click id in the page's address, k name
// of our cookie, a an anchor that takes addresses apart, h host of the tracker, i the click id.
(function (d) {
  var s = d.currentScript || d.querySelector('script[src*="/lp.js"]'), a = d.createElement("a"), c = "click_id", n, k, h, i;
  if (!s) return;
  n = s.getAttribute("data-param") || c;
  k = "mr_" + n;
  a.href = s.src;
  h = a.host;

  // The click id called n in a query or a list of cookies.
  function f(t, n) {
    return (RegExp("(^|[?&; ])" + n.replace(/[^\w-]/g, "\\$&") + "=([0-9a-z]{20})(?![^&;#])", "i").exec(t) || 0)[2];
  }
  i = f(location.search, n);
  // Other pages of the site have no id in their address. Frames without a site have no cookies.
  try {
    if (i) d.cookie = k + "=" + i + ";path=/;max-age=2592000";
    else i = f(d.cookie, k);
  } catch (e) {}
  if (!i) return;

  // By attribute, because the fields of a form hide its properties: <input name="action">.
  function u(e) {
    var o = e.tagName == "FORM", p = o ? "action" : "href", m;
    a.href = e.getAttribute(p);
    if (a.host != h || f(a.search, c) ||
      !/^\/(go(\/\d*)?(\?|$)|(\?(.*&)?_|click(\.php)?\?(.*&)?)lp=1(&|$))/.test(a.pathname + a.search)) return;
    // A form that is sent by GET replaces the query of its address.
    if (o && !/post/i.test(e.getAttribute("method"))) {
      if (e.querySelector("[name=" + c + "]")) return;
      m = d.createElement("input");
      m.type = "hidden";
      m.name = c;
      m.value = i;
      e.appendChild(m);
    } else {
      a.search += (a.search ? "&" : "?") + c + "=" + i;
      e.setAttribute(p, a.href);
    }
  }
  function z() {
    d.querySelectorAll("a[href],area[href],form[action]").forEach(u);
  }
  z();
  // The rest of the page, and what its scripts add to it.
  new MutationObserver(z).observe(d, { childList: 1, subtree: 1, attributeFilter: ["href", "action"] });
})(document);
