let count = 0;

export default defineCachedEventHandler(() => ({ count: ++count }), { maxAge: 60 });
