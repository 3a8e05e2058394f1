"use strict";
(() => {
  const search = document.getElementById("search"), found = document.getElementById("found");
  const sections = [...document.querySelectorAll("main section")];

  const look = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const section of sections) {
      const category = section.getAttribute("aria-label").toLowerCase();
      const cards = [...section.querySelectorAll(".card")];
      for (const card of cards) {
        const text = `${category} ${card.querySelector("figcaption").textContent.toLowerCase()}`;
        card.hidden = !words.every((word) => text.includes(word));
        count += !card.hidden;
      }
      section.hidden = cards.every((card) => card.hidden);
    }
    found.textContent = `${count} filter${count === 1 ? "" : "s"}`;
  };

  search.addEventListener("input", look);
})();
