(function () {
const { core, internals } = __bootstrap;
const { leftOutFunction } = core.loadExtScript("ext:deno_webgpu/left_out.js");

const cron = leftOutFunction("Deno.cron", "Deno's cron");
const formatToCronSchedule = leftOutFunction("formatToCronSchedule", "Deno's cron");
const parseScheduleToString = leftOutFunction("parseScheduleToString", "Deno's cron");

// `deno_runtime` reads them here.
internals.formatToCronSchedule = formatToCronSchedule;
internals.parseScheduleToString = parseScheduleToString;

return { cron, formatToCronSchedule, parseScheduleToString };
})();
