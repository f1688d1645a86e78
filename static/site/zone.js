"use strict";

// The browser's time zone: told as somebody signs up, offered where it differs from the stored one. Without this script
// the site's default zone holds, and the preferences change it.
(() => {
  const canonical = (name) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      return name;  // a zone that this browser does not know
    }
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;

  for (const field of document.querySelectorAll("[data-browser-zone]")) field.value = zone;

  const offer = document.querySelector("[data-zone-offer]");
  if (!offer) return;
  const known = [offer.dataset.stored, offer.dataset.declined].filter(Boolean).map(canonical);
  if (known.includes(canonical(zone))) return;
  offer.elements.time_zone.value = zone;
  offer.elements.next.value = location.pathname + location.search;
  for (const place of offer.querySelectorAll("[data-zone-name]")) place.textContent = zone.replaceAll("_", " ");
  offer.hidden = false;
})();
