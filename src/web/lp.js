/* Millrace: puts the click id on the links and forms of this page that lead to /go of the tracker
   (or to what other trackers call it: /?_lp=1, /click?lp=1, /click.php?lp=1).
   <script src="https://TRACKER/lp.js" defer></script>; data-param="NAME" where the page's own
   address calls the click id other than "click_id". */
(function (w, d) {
  var me = d.currentScript || d.querySelector('script[src*="/lp.js"]');
  if (!me) return;
  var name = me.getAttribute("data-param") || "click_id", key = "mr_" + name;
  var at = d.createElement("a"), id;
  at.href = me.src;
  var host = at.host;

  function find(text, name) {
    name = name.replace(/[^\w-]/g, "\\$&");
    var hit = new RegExp("(?:^|[?&; ])" + name + "=([0-9a-z]{20})(?![^&;#])", "i").exec(text);
    return hit && hit[1];
  }
  function read() {
    var kept;
    try { kept = find("id=" + w.localStorage.getItem(key), "id"); } catch (e) {}
    return kept || find(d.cookie, key);
  }
  id = find(w.location.search, name);
  if (id) {
    try { w.localStorage.setItem(key, id); } catch (e) {}
    d.cookie = key + "=" + id + ";path=/;max-age=2592000;SameSite=Lax";
  } else id = read();
  if (!id) return;

  function isStep(path, query) {
    return /^\/?go(\/\d*)?$/.test(path) ||
      /^\/?(\?(.*&)?_|click(\.php)?\?(.*&)?)lp=1(&|$)/.test(path + query);
  }
  function add(el, attribute) {
    var link = el.getAttribute(attribute), form = attribute === "action", hidden;
    if (!link) return;
    at.href = link;
    if (at.host !== host || !isStep(at.pathname, at.search) || find(at.search, "click_id")) return;
    if (form && !/post/i.test(el.getAttribute("method") || "")) {
      if (el.querySelector('input[name="click_id"]')) return;
      hidden = d.createElement("input");
      hidden.type = "hidden";
      hidden.name = "click_id";
      hidden.value = id;
      el.appendChild(hidden);
    } else {
      at.search += (at.search ? "&" : "?") + "click_id=" + id;
      el.setAttribute(attribute, at.href);
    }
  }
  function all() {
    var i, list = d.querySelectorAll("a[href],area[href]");
    for (i = 0; i < list.length; i++) add(list[i], "href");
    list = d.querySelectorAll("form[action]");
    for (i = 0; i < list.length; i++) add(list[i], "action");
  }
  all();
  d.addEventListener("DOMContentLoaded", all);
  if (w.MutationObserver) new MutationObserver(all).observe(d.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["href", "action"]
  });
})(window, document);
