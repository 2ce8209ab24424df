"use strict";
(() => {
  const form = document.getElementById("filter");
  const severity = document.getElementById("by-severity");
  const node = document.getElementById("by-node");
  const shown = document.getElementById("shown");
  const blocks = [...document.querySelectorAll("article.block")];

  const fits = (block) => {
    const nodes = block.dataset.nodes.split(" ").filter(Boolean);
    const near = !node.value || nodes.length === 0 || nodes.includes(node.value);
    return near && Number(block.dataset.rank) <= Number(severity.value);
  };
  const apply = () => {
    for (const block of blocks) block.hidden = !fits(block);
    for (const section of document.querySelectorAll("section.findings")) {
      section.querySelector(".none").hidden = !!section.querySelector("article.block:not([hidden])");
    }
    const left = blocks.filter((block) => !block.hidden).length;
    shown.value = left === blocks.length ? "" : `${left} of ${blocks.length} blocks shown`;
  };
  const reset = () => {
    severity.value = "4";
    node.value = "";
    apply();
  };

  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    reset();
  });
  // A link to a block that the filter hides would lead nowhere.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#f-']");
    if (link && document.getElementById(link.hash.slice(1))?.hidden) reset();
  });
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      part.dataset.printed = "";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const part of document.querySelectorAll("details[data-printed]")) {
      part.open = false;
      delete part.dataset.printed;
    }
  });
  form.hidden = false;
  apply();
})();
