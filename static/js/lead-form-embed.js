/* Shows a Leadloop form where this script's tag stands, and tells it where the visitor came from.

   It keeps the click ids and campaign words of the page the visit began on in the storage of the
   site it is part of, reads Meta's _fbc and _fbp from that site's cookies, and hands them to the form
   in its address. It sets no cookie and sends nothing anywhere else.

   data-theme="light|dark|auto"   to match the page around it; light unless told
   data-title="Contact us"        what screen readers call the frame
   data-keep-days="90"            keep click ids longer than the visit (ask for consent first)
   data-remember-only             for the other pages of the site: remember, show nothing */
(() => {
  const tag = document.currentScript;
  const CLICKS = ["gclid", "gbraid", "wbraid", "fbclid", "li_fat_id"];
  const CAMPAIGN = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
  const KEY = "leadloop-arrival";
  const DAY = 86_400_000;
  const keepDays = Number(tag.dataset.keepDays) || 0;

  /* Storage may be forbidden; then only what this page's own address says is known. */
  const storage = () => {
    try {
      return keepDays > 0 ? window.localStorage : window.sessionStorage;
    } catch {
      return null;
    }
  };

  const remembered = () => {
    try {
      const kept = JSON.parse(storage().getItem(KEY));
      return kept && (keepDays <= 0 || Date.now() - kept.at < keepDays * DAY) ? kept.arrival : null;
    } catch {
      return null;
    }
  };

  const remember = (arrival) => {
    try {
      storage().setItem(KEY, JSON.stringify({ at: Date.now(), arrival }));
    } catch {
      /* Full or forbidden: the form on this very page still gets it. */
    }
  };

  /* A new click replaces what was known; a page without one changes nothing. */
  const arrival = () => {
    const query = new URLSearchParams(location.search);
    const named = [...CLICKS, ...CAMPAIGN].filter((name) => query.get(name));
    const known = remembered();
    if (known && !named.length) return known;
    const found = Object.fromEntries(named.map((name) => [name, query.get(name)]));
    found.landing_page = location.href.split("#")[0];
    if (document.referrer) found.referrer = document.referrer;
    remember(found);
    return found;
  };

  const cookie = (name) => {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
    try {
      return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
    } catch {
      return "";
    }
  };

  const arrived = arrival();
  if ("rememberOnly" in tag.dataset) return;

  const theme = tag.dataset.theme || "light";
  const address = new URL("./", tag.src);
  address.search = new URLSearchParams({ ...arrived, page: location.href.split("#")[0], embed: "1", theme });
  for (const name of ["fbc", "fbp"]) {
    const value = cookie(`_${name}`);
    if (value) address.searchParams.set(name, value);
  }

  const frame = document.createElement("iframe");
  frame.title = tag.dataset.title || "Contact form";
  /* Not as an attribute: a strict content policy of the page allows this. */
  Object.assign(frame.style, { display: "block", width: "100%", height: "640px", border: "0", colorScheme: theme === "auto" ? "light dark" : theme });
  frame.src = address.href;

  window.addEventListener("message", (event) => {
    if (event.origin !== address.origin || event.source !== frame.contentWindow) return;
    const { leadloop, height, sent, next } = event.data || {};
    if (leadloop !== "lead-form") return;
    if (Number.isFinite(height) && height > 0) frame.style.height = `${Math.min(height, 10_000)}px`;
    if (!sent) return;
    tag.dispatchEvent(new CustomEvent("leadloop:sent", { bubbles: true }));
    if (/^https?:\/\//.test(next)) location.assign(next);
    else if (frame.getBoundingClientRect().top < 0) frame.scrollIntoView({ block: "start" });
  });
  tag.after(frame);
})();
