'use strict';

exports.mochaHooks = { beforeEach() { this.seen = []; } };
